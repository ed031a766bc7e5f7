/**
 * The coordination store in one SQLite file, shared by several processes of one machine.
 *
 * WAL lets readers go on while somebody writes. With `synchronous=NORMAL` a commit takes 0.05 ms and is in the page
 * cache; the fsync that lets it survive a power loss comes after it, without SQLite's lock: see commit-sync.ts.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CoordinationError } from '../errors.ts'
import type { CoordinationStore } from '../types.ts'
import type { SyncFile } from './commit-sync.ts'
import { createDocuments } from './documents.ts'
import { Engine, isBusy } from './engine.ts'
import { createLeases } from './leases.ts'
import { createLogs } from './logs.ts'
import { migrate } from './schema.ts'

const OPEN_RETRY_MS = 5

export interface SqliteOptions {
  readonly path: string
  readonly now?: () => number
  /** How long an operation waits for other processes before it gives up with UNAVAILABLE. */
  readonly busyTimeoutMs?: number
  /** fsync of an open file, unless a test has its own. */
  readonly syncFile?: SyncFile
}

export function openSqliteStore(options: SqliteOptions): CoordinationStore {
  const now = options.now ?? Date.now
  const busyTimeoutMs = options.busyTimeoutMs ?? 5_000
  const engine = new Engine(openDatabase(options.path, busyTimeoutMs), busyTimeoutMs, options.syncFile)
  return {
    leases: createLeases(engine, now),
    logs: createLogs(engine),
    documents: createDocuments(engine),
    close: () => engine.close(),
  }
}

function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    // Opening may wait inside SQLite; once open, nobody does: see engine.ts.
    database = new DatabaseSync(path, { timeout: busyTimeoutMs })
    preparePatiently(database, busyTimeoutMs)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof CoordinationError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new CoordinationError('UNAVAILABLE', `cannot open ${path}: ${reason}`, error)
  }
}

/** Switching to WAL fails at once, without SQLite's own wait, while another process does the same. */
function preparePatiently(database: DatabaseSync, busyTimeoutMs: number): void {
  const deadlineMs = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      prepareFile(database)
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadlineMs) throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_RETRY_MS)
  }
}

function prepareFile(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE')
  try {
    migrate(database)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  database.exec('PRAGMA busy_timeout = 0')
}
