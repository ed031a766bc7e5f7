/**
 * Records with keys: both key and whether it is a tombstone follow from the value's number, so that a batch that is sent
 * again is the same. A tombstone has no value; its name is in a header, for readers to know which one it was.
 */
import type { DecodedRecord, RecordDraft } from '@freshet/broker/wire'

const TOMBSTONE_EVERY = 10
const NAME = 'name'
const PADDING = 'padding'

/** The key of a value such as `producer-1:17`; nothing where records have none. */
export function keyOf(value: string, keys: number | undefined): { readonly key?: string } {
  return keys === undefined ? {} : { key: `k${(numberOf(value) * 7) % keys}` }
}

export function recordOf(value: string, keys: number | undefined, timestamp: number): RecordDraft {
  const { key } = keyOf(value, keys)
  if (key === undefined) return { timestamp, key: null, value: Buffer.from(value) }
  const isTombstone = numberOf(value) % TOMBSTONE_EVERY === 0
  if (!isTombstone) return { timestamp, key: Buffer.from(key), value: Buffer.from(value) }
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

function numberOf(value: string): number {
  return Number(value.slice(value.lastIndexOf(':') + 1))
}
