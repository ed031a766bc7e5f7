/**
 * Makes commits durable: an fsync of the write-ahead log, off the event loop and after SQLite has let go of its write
 * lock. SQLite's own (`synchronous=FULL`) happens under the lock: a process that was stopped meanwhile, or has a slow
 * disk, would keep all others from writing, such as from taking over its lease.
 */
import { closeSync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { CoordinationError } from '../errors.ts'

export type SyncFile = (descriptor: number) => Promise<void>

const syncFile: SyncFile = promisify(fsync)

export class CommitSync {
  readonly #descriptor: number
  readonly #sync: SyncFile
  readonly #checkpoint: () => boolean
  /** One fsync after the other: what was written since the last one began is for the next. */
  #turn: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #hasFailed = false
  #isClosed = false

  /**
   * While any connection to the database is open its write-ahead log remains the same file. `checkpoint` brings all of
   * it into the database, synced, and says whether it could.
   */
  constructor(databasePath: string, checkpoint: () => boolean, sync: SyncFile = syncFile) {
    this.#descriptor = openSync(`${databasePath}-wal`, 'r+')
    this.#checkpoint = checkpoint
    this.#sync = sync
  }

  /** Resolves when all that was committed before is on the disk; rejects if that is not certain. */
  durable(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    const next = this.#turn.then(() => {
      this.#next = undefined
      return this.#syncOnce()
    })
    this.#next = next
    this.#turn = next.catch(nothing)
    return next
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#turn
    closeSync(this.#descriptor)
  }

  async #syncOnce(): Promise<void> {
    try {
      // After a failure the kernel takes for written what is not, and the next fsync would succeed: write it elsewhere.
      if (this.#hasFailed && !this.#checkpoint()) throw new Error('what was written may not be on the disk')
      this.#hasFailed = false
      await this.#sync(this.#descriptor)
    } catch (error) {
      this.#hasFailed = true
      const reason = error instanceof Error ? error.message : String(error)
      throw new CoordinationError('UNAVAILABLE', `SQLite's log could not be synced: ${reason}`, error)
    }
  }
}

function nothing(): void {}
