/**
 * Transactions on one SQLite file that several processes share. SQLite's own wait for a lock would block the
 * event loop of a broker, so a busy file is asked again from a timer instead.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CoordinationError } from '../errors.ts'
import { closed } from '../failures.ts'

const LONGEST_PAUSE_MS = 16
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

export class Engine {
  readonly #database: DatabaseSync
  readonly #busyTimeoutMs: number
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, busyTimeoutMs: number) {
    this.#database = database
    this.#busyTimeoutMs = busyTimeoutMs
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
  write<T>(work: () => T): Promise<T> {
    return this.#patiently(() => this.#transaction('BEGIN IMMEDIATE', work))
  }

  /** As `write`, but without waiting for the disk: a power loss may take it back, a dying process does not. */
  writeUnsynced<T>(work: () => T): Promise<T> {
    return this.#patiently(() => {
      this.#database.exec('PRAGMA synchronous = NORMAL')
      try {
        return this.#transaction('BEGIN IMMEDIATE', work)
      } finally {
        this.#database.exec('PRAGMA synchronous = FULL')
      }
    })
  }

  /** Runs `work` on one consistent snapshot. */
  read<T>(work: () => T): Promise<T> {
    return this.#patiently(() => this.#transaction('BEGIN', work))
  }

  close(): void {
    if (!this.#database.isOpen) return
    this.#statements.clear()
    this.#database.close()
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
