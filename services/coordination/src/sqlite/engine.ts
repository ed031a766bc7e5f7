/**
 * Transactions on one SQLite file that several processes share. SQLite's own wait for a lock would block the
 * event loop of a broker, so a busy file is asked again from a timer instead.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CoordinationError } from '../errors.ts'
import { closed } from '../failures.ts'
import { CommitSync, type SyncFile } from './commit-sync.ts'

const LONGEST_PAUSE_MS = 16
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

export class Engine {
  readonly #database: DatabaseSync
  readonly #busyTimeoutMs: number
  readonly #statements = new Map<string, StatementSync>()
  readonly #commits: CommitSync
  /** Commits of this connection, and how many of them are durable. */
  #committed = 0
  #synced = 0
  /** What of other connections' commits is known to be durable. */
  #syncedVersion = -1

  constructor(database: DatabaseSync, busyTimeoutMs: number, syncFile?: SyncFile) {
    this.#database = database
    this.#busyTimeoutMs = busyTimeoutMs
    this.#commits = new CommitSync(locationOf(database), () => this.#checkpoint(), syncFile)
  }

  /** One statement per text: `sql` is always a constant of this package, so the map is bounded. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Runs `work` alone: nobody else writes between its reads and its writes. Durable once it returns. */
  async write<T>(work: () => T): Promise<T> {
    const result = await this.#patiently(() => this.#transaction('BEGIN IMMEDIATE', work))
    this.#committed += 1
    await this.#syncCommits()
    return result
  }

  /** As `write`, but without waiting for the disk: a power loss may take it back, a dying process does not. */
  writeUnsynced<T>(work: () => T): Promise<T> {
    return this.#patiently(() => this.#transaction('BEGIN IMMEDIATE', work))
  }

  /** Runs `work` on one consistent snapshot, which a power loss may take back. */
  read<T>(work: () => T): Promise<T> {
    return this.#patiently(() => this.#transaction('BEGIN', work))
  }

  /** As `read`, but what it finds is durable: whoever committed it may still be waiting for the disk. */
  async readDurable<T>(work: () => T, isNothing?: (found: T) => boolean): Promise<T> {
    const { found, version } = await this.read(() => ({ found: work(), version: this.#dataVersion() }))
    const isDurable = version === this.#syncedVersion && this.#synced === this.#committed
    if (isDurable || isNothing?.(found) === true) return found
    await this.#syncCommits()
    this.#syncedVersion = version
    return found
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) {
      this.#statements.clear()
      this.#database.close()
    }
    await this.#commits.close()
  }

  async #syncCommits(): Promise<void> {
    const committed = this.#committed
    await this.#commits.durable()
    this.#synced = Math.max(this.#synced, committed)
  }

  /** Changes with what other connections commit. */
  #dataVersion(): number {
    return Number(this.prepare('PRAGMA data_version').get()?.data_version)
  }

  /** Brings the whole write-ahead log into the database, synced; false if it is in use. */
  #checkpoint(): boolean {
    return this.#database.isOpen && this.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0
  }

  async #patiently<T>(attempt: () => T): Promise<T> {
    const deadlineMs = performance.now() + this.#busyTimeoutMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (!this.#database.isOpen) throw closed()
      try {
        return attempt()
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadlineMs) throw asCoordinationError(error)
      }
      // The random part keeps processes that were refused together from coming back together.
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    }
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.#database.exec(begin)
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

function locationOf(database: DatabaseSync): string {
  const path = database.location()
  if (path === null)
    throw new CoordinationError('INVALID_ARGUMENT', 'a database in memory is shared by nobody')
  return path
}

export function isBusy(error: unknown): boolean {
  const primary = sqliteCode(error) & 0xff
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED
}

/** Anything that the engine itself could not do (locked for long, disk full, damaged file) is UNAVAILABLE. */
function asCoordinationError(error: unknown): unknown {
  if (sqliteCode(error) === 0) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new CoordinationError('UNAVAILABLE', `SQLite: ${reason}`, error)
}

/** SQLite's extended result code, or 0 for an error that is not SQLite's. */
function sqliteCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0
  return typeof error.errcode === 'number' ? error.errcode : 0
}
