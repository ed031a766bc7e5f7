/**
 * The pure half of following and leading the metadata log: names in the coordination store, replay, snapshots. Entry
 * `i` of the log is what `encodeRecords` made of the records of one decision; a decision without records has none.
 */

import { RecordError } from './fields.ts'
import type { ClusterImage } from './image.ts'
import type { ImageChange } from './image-types.ts'
import { decodeRecords, encodeRecords, type MetadataRecord } from './records.ts'

/** Names within the coordination store of one cluster. */
export const METADATA_LOG = 'metadata'
export const CONTROLLER_LEASE = 'controller'
export const SNAPSHOT_DOCUMENT = 'metadata-snapshot'

export interface StoredEntry {
  readonly index: number
  readonly payload: Uint8Array
}

/** Applies entries in order; those that the image has already are passed over. */
export function replay(
  image: ClusterImage,
  entries: readonly StoredEntry[],
  onChange: (change: ImageChange, index: number, recordCount: number) => void = () => {},
): void {
  for (const { index, payload } of entries) {
    if (index <= image.offset) continue
    const records = decodeRecords(payload)
    onChange(image.apply(index, records), index, records.length)
  }
}

const ENTRY_HEADER_BYTES = 12

/** Entries as they are sent from broker to broker: index, length and payload of each. */
export function encodeEntries(entries: readonly StoredEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ index, payload }) => {
      const header = Buffer.alloc(ENTRY_HEADER_BYTES)
      header.writeBigInt64BE(BigInt(index))
      header.writeInt32BE(payload.byteLength, 8)
      return [header, payload]
    }),
  )
}

/** Throws a RecordError if they are not whole. */
export function decodeEntries(bytes: Buffer): StoredEntry[] {
  const entries: StoredEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at + ENTRY_HEADER_BYTES
    const length = start <= bytes.length ? bytes.readInt32BE(at + 8) : -1
    if (length < 0 || start + length > bytes.length) throw new RecordError('an entry of the log is cut short')
    entries.push({ index: Number(bytes.readBigInt64BE(at)), payload: bytes.subarray(start, start + length) })
    at = start + length
  }
  return entries
}

const RECORDS_PER_PART = 500
/** Below what stores take for one document. A single record came from a log entry, which is no larger than a document. */
const PART_BYTES_MAX = 200 * 1024

/**
 * The image as JSON values, because stores bound the size of a document. The image must not change until the last
 * part was taken.
 */
export function* snapshotParts(image: ClusterImage): Generator<unknown> {
  let pending: MetadataRecord[] = []
  for (const record of image.toRecords()) {
    pending.push(record)
    if (pending.length < RECORDS_PER_PART) continue
    yield* partsOf(pending)
    pending = []
  }
  if (pending.length > 0) yield* partsOf(pending)
}

export function decodePart(part: unknown): MetadataRecord[] {
  return decodeRecords(new TextEncoder().encode(JSON.stringify(part)))
}

function* partsOf(records: readonly MetadataRecord[]): Generator<unknown> {
  const encoded = encodeRecords(records)
  if (encoded.byteLength <= PART_BYTES_MAX || records.length === 1) {
    yield JSON.parse(new TextDecoder().decode(encoded))
    return
  }
  const half = records.length >>> 1
  yield* partsOf(records.slice(0, half))
  yield* partsOf(records.slice(half))
}

export interface SnapshotPolicy {
  readonly maxRecords: number
  readonly maxBytes: number
}

export const DEFAULT_SNAPSHOT_POLICY: SnapshotPolicy = { maxRecords: 20_000, maxBytes: 4 * 1024 * 1024 }

/** Says when the log has grown enough for a snapshot, and how much of it is then no longer needed. */
export class SnapshotSchedule {
  readonly #policy: SnapshotPolicy
  #records = 0
  #bytes = 0

  constructor(policy: SnapshotPolicy) {
    this.#policy = policy
  }

  appended(records: number, bytes: number): void {
    this.#records += records
    this.#bytes += bytes
  }

  isDue(): boolean {
    return this.#records >= this.#policy.maxRecords || this.#bytes >= this.#policy.maxBytes
  }

  /** A snapshot is being taken: if it fails, the next is due only when the log has grown as much again. */
  begun(): void {
    this.#records = 0
    this.#bytes = 0
  }

  /**
   * The log index below which entries may be forgotten once a snapshot was stored: up to the snapshot before, so that
   * a follower that is a little behind still finds its next entry.
   */
  forgettableBelow(previousOffset: number): number {
    return previousOffset + 1
  }
}
