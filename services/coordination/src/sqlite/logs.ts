import { CoordinationError } from '../errors.ts'
import { fenced, logConflict, logTruncated } from '../failures.ts'
import * as limits from '../limits.ts'
import type { Lease, LogEntry, Logs } from '../types.ts'
import type { Engine } from './engine.ts'
import { isHeld } from './leases.ts'

export function createLogs(engine: Engine): Logs {
  return {
    async append(log, at, payloads, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('at', at)
      limits.checkPayloads(payloads)
      return engine.write(() => append(engine, log, at, payloads, fence))
    },
    async read(log, from, limit) {
      limits.checkKey('log name', log)
      limits.checkIndex('from', from)
      limits.checkLimit(limit, limits.LIMITS.readEntries)
      return engine.readDurable(
        () => readFrom(engine, log, from, limit),
        (entries) => entries.length === 0,
      )
    },
    async bounds(log) {
      limits.checkKey('log name', log)
      const row = await engine.read(() => readRow(engine, log))
      return { startIndex: row?.startIndex ?? 0, nextIndex: row?.nextIndex ?? 0 }
    },
    async truncateBefore(log, index, fence) {
      limits.checkKey('log name', log)
      limits.checkIndex('index', index)
      await engine.write(() => truncateBefore(engine, log, index, fence))
    },
  }
}

interface LogRow {
  readonly id: number
  readonly startIndex: number
  readonly nextIndex: number
}

function append(
  engine: Engine,
  log: string,
  at: number,
  payloads: readonly Uint8Array[],
  fence: Lease,
): number {
  requireHeld(engine, fence)
  const row = readRow(engine, log) ?? createRow(engine, log)
  if (at !== row.nextIndex) throw logConflict(log, at, row.nextIndex)
  const insert = engine.prepare('INSERT INTO log_entry (log_id, position, payload) VALUES (?, ?, ?)')
  let next = at
  for (const payload of payloads) insert.run(row.id, next++, payload)
  engine.prepare('UPDATE log SET next_index = ? WHERE id = ?').run(next, row.id)
  return next
}

function truncateBefore(engine: Engine, log: string, index: number, fence: Lease): void {
  requireHeld(engine, fence)
  const row = readRow(engine, log)
  const nextIndex = row?.nextIndex ?? 0
  if (index > nextIndex) throw limits.invalid(`${log} ends at ${nextIndex}, before ${index}`)
  if (row === undefined || index <= row.startIndex) return
  engine.prepare('DELETE FROM log_entry WHERE log_id = ? AND position < ?').run(row.id, index)
  engine.prepare('UPDATE log SET start_index = ? WHERE id = ?').run(index, row.id)
}

function requireHeld(engine: Engine, fence: Lease): void {
  limits.checkKey('lease name', fence.name)
  if (!isHeld(engine, fence)) throw fenced(fence)
}

function createRow(engine: Engine, log: string): LogRow {
  const { lastInsertRowid } = engine
    .prepare('INSERT INTO log (name, start_index, next_index) VALUES (?, 0, 0)')
    .run(log)
  return { id: Number(lastInsertRowid), startIndex: 0, nextIndex: 0 }
}

function readRow(engine: Engine, log: string): LogRow | undefined {
  const row = engine.prepare('SELECT id, start_index, next_index FROM log WHERE name = ?').get(log)
  if (row === undefined) return undefined
  return {
    id: Number(row.id),
    startIndex: Number(row.start_index),
    nextIndex: Number(row.next_index),
  }
}

function readFrom(engine: Engine, log: string, from: number, limit: number): LogEntry[] {
  const row = readRow(engine, log)
  if (row === undefined) return []
  if (from < row.startIndex) throw logTruncated(log, from, row.startIndex)
  return readEntries(engine, row.id, from, limit)
}

function readEntries(engine: Engine, id: number, from: number, limit: number): LogEntry[] {
  const select = engine.prepare(
    'SELECT position, payload FROM log_entry WHERE log_id = ? AND position >= ? ORDER BY position LIMIT ?',
  )
  return select.all(id, from, limit).map((row, offset) => {
    const payload = row.payload
    const index = Number(row.position)
    if (!(payload instanceof Uint8Array) || index !== from + offset) {
      throw new CoordinationError('UNAVAILABLE', `the log has a hole at index ${from + offset}`)
    }
    return { index, payload }
  })
}
