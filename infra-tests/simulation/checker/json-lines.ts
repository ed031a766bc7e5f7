/** Histories as text: one event per line, as a run of real processes writes them. */
import { type History, HistoryError, type HistoryEvent } from './history.ts'

export function formatEvent(event: HistoryEvent): string {
  return JSON.stringify(event)
}

export function formatHistory(history: History): string {
  return history.map((event) => `${formatEvent(event)}\n`).join('')
}

/** A last line without a line feed was cut off by the death of the writer and is left out. */
export function parseHistory(text: string): History {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line, index) => parseEvent(line, index + 1))
}

const callFields: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  send: { partition: 'string', value: 'string' },
  poll: { readCommitted: 'boolean' },
  commitOffsets: { group: 'string', offsets: 'object' },
  fetchOffsets: { group: 'string', partitions: 'array' },
  beginTransaction: { transaction: 'string', timeoutMs: 'number' },
  commitTransaction: { transaction: 'string' },
  abortTransaction: { transaction: 'string' },
  listOffsets: { partition: 'string' },
  deleteRecords: { partition: 'string', offset: 'number' },
  shareFetch: { group: 'string', partitions: 'array' },
  shareAcknowledge: {
    group: 'string',
    partition: 'string',
    first: 'number',
    last: 'number',
    outcome: 'string',
    leaderEpoch: 'number',
    lockMs: 'number',
  },
}

const noticeFields: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  assigned: { partitions: 'object' },
  revoked: { partitions: 'array' },
  seek: { partition: 'string', offset: 'number' },
  crash: {},
  newProducerId: {},
  heal: {},
  drained: { partition: 'string', endOffset: 'number' },
  topic: { topic: 'string' },
  logStart: { partition: 'string', offset: 'number' },
  shared: { group: 'string', partition: 'string', startOffset: 'number' },
}

type FieldKind = 'string' | 'number' | 'boolean' | 'object' | 'array'

function parseEvent(line: string, lineNumber: number): HistoryEvent {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch (error) {
    throw new HistoryError(`line ${lineNumber} is not JSON`, { cause: error })
  }
  if (!isEvent(event))
    throw new HistoryError(`line ${lineNumber} is no event of a history: ${line.slice(0, 200)}`)
  return event
}

function isEvent(event: unknown): event is HistoryEvent {
  if (!isObject(event) || typeof event.atMs !== 'number') return false
  if (event.type === 'notice') return typeof event.client === 'string' && hasBody(event.notice, noticeFields)
  if (typeof event.op !== 'number') return false
  if (event.type === 'invoke') return typeof event.client === 'string' && hasBody(event.call, callFields)
  if (event.type === 'fail' || event.type === 'info') return typeof event.error === 'string'
  return event.type === 'ok' && isAnswer(event)
}

function hasBody(
  body: unknown,
  kinds: Readonly<Record<string, Readonly<Record<string, FieldKind>>>>,
): boolean {
  if (!isObject(body) || typeof body.name !== 'string') return false
  const fields = Object.hasOwn(kinds, body.name) ? kinds[body.name] : undefined
  if (!fields) return false
  return Object.entries(fields).every(([field, kind]) => kindOf(body[field]) === kind)
}

function isAnswer(answer: Record<string, unknown>): boolean {
  const { offset, records, offsets, watermarks, acquired } = answer
  if (offset !== undefined && !Number.isSafeInteger(offset)) return false
  if (records !== undefined && !(isObject(records) && Object.values(records).every(isRecordList)))
    return false
  if (offsets !== undefined && !(isObject(offsets) && Object.values(offsets).every(Number.isSafeInteger)))
    return false
  if (acquired !== undefined && !(isObject(acquired) && Object.values(acquired).every(isRangeList)))
    return false
  if (watermarks === undefined) return true
  return (
    isObject(watermarks) &&
    [watermarks.logStartOffset, watermarks.highWatermark, watermarks.lastStableOffset].every(
      Number.isSafeInteger,
    )
  )
}

function isRecordList(records: unknown): boolean {
  return (
    Array.isArray(records) &&
    records.every(
      (record) => Array.isArray(record) && Number.isSafeInteger(record[0]) && typeof record[1] === 'string',
    )
  )
}

function isRangeList(ranges: unknown): boolean {
  return (
    Array.isArray(ranges) &&
    ranges.every((range) => Array.isArray(range) && range.length === 4 && range.every(Number.isSafeInteger))
  )
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return value === null ? 'null' : typeof value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === 'object'
}
