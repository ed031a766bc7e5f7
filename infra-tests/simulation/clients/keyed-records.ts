/**
 * Records with keys: both key and whether it is a tombstone follow from the value's number, so that a batch that is sent
 * again is the same. A tombstone has no value; its name is in a header, for readers to know which one it was.
 */
import type { DecodedRecord, RecordDraft } from '@freshet/broker/wire'

const LEFT_FACTOR = 13
const NAME = 'name'
const PADDING = 'padding'

export interface Keys {
  readonly count: number
  /** One record in so many is a tombstone. */
  readonly tombstoneEvery: number
}

/** The key of a value such as `producer-1:17`, and whether it is a tombstone; nothing where records have none. */
export function keyOf(
  value: string,
  keys: Keys | undefined,
): { readonly key?: string; readonly tombstone?: true } {
  if (keys === undefined) return {}
  const key = `k${(numberOf(value) * 7) % keys.count}`
  return isTombstone(value, keys) ? { key, tombstone: true } : { key }
}

export function recordOf(value: string, keys: Keys | undefined, timestamp: number): RecordDraft {
  const { key, tombstone } = keyOf(value, keys)
  if (key === undefined) return { timestamp, key: null, value: Buffer.from(value) }
  if (tombstone === undefined) return { timestamp, key: Buffer.from(key), value: Buffer.from(value) }
  const headers = [{ key: NAME, value: Buffer.from(value) }]
  return { timestamp, key: Buffer.from(key), value: null, headers }
}

/** The record with so many bytes more. */
export function padded(record: RecordDraft, bytes: number): RecordDraft {
  const headers = [...(record.headers ?? []), { key: PADDING, value: Buffer.alloc(bytes) }]
  return { ...record, headers }
}

export function nameOf({ value, headers }: DecodedRecord): string {
  const name = value ?? headers.find(({ key }) => key === NAME)?.value
  return name?.toString() ?? ''
}

function isTombstone(value: string, { tombstoneEvery }: Keys): boolean {
  return numberOf(value) % tombstoneEvery === 0
}

/** Of `transactional-1:17/2` too, the second to last record of a transaction. */
function numberOf(value: string): number {
  const [number, left = 0] = value.slice(value.lastIndexOf(':') + 1).split('/')
  return Number(number) + Number(left) * LEFT_FACTOR
}
