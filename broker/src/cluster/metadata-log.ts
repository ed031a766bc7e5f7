/**
 * The pure half of following and leading the metadata log: names in the coordination store, replay, snapshots. Entry
 * `i` of the log is what `encodeRecords` made of the records of one decision; a decision without records has none.
 */

import { RecordError } from './fields.ts'
import { ClusterImage } from './image.ts'
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
  onChange: (change: ImageChange, index: number) => void = () => {},
): void {
  for (const { index, payload } of entries) {
    if (index <= image.offset) continue
    onChange(image.apply(index, decodeRecords(payload)), index)
  }
}

/** In parts, because stores bound the size of a document. */
export interface Snapshot {
  /** The last log entry that it contains. */
  readonly offset: number
  readonly parts: readonly string[]
}

const RECORDS_PER_PART = 1000

export function takeSnapshot(image: ClusterImage): Snapshot {
  const parts: string[] = []
  let pending: MetadataRecord[] = []
  const flush = () => {
    if (pending.length > 0) parts.push(new TextDecoder().decode(encodeRecords(pending)))
    pending = []
  }
  for (const record of image.toRecords()) {
    pending.push(record)
    if (pending.length === RECORDS_PER_PART) flush()
  }
  flush()
  return { offset: image.offset, parts }
}

export function restoreSnapshot({ offset, parts }: Snapshot): ClusterImage {
  if (!Number.isSafeInteger(offset) || offset < -1)
    throw new RecordError(`A snapshot cannot end at ${offset}`)
  const encoder = new TextEncoder()
  return ClusterImage.restore(
    parts.flatMap((part) => decodeRecords(encoder.encode(part))),
    offset,
  )
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
  #lastOffset: number | undefined

  /** `lastOffset` is that of the newest snapshot in the store. */
  constructor(policy: SnapshotPolicy, lastOffset?: number) {
    this.#policy = policy
    this.#lastOffset = lastOffset
  }

  appended(records: number, bytes: number): void {
    this.#records += records
    this.#bytes += bytes
  }

  isDue(): boolean {
    return this.#records >= this.#policy.maxRecords || this.#bytes >= this.#policy.maxBytes
  }

  /**
   * A snapshot was stored. Returns the log index below which entries may be forgotten: up to the snapshot before, so
   * that a follower that is a little behind still finds its next entry.
   */
  stored(offset: number): number {
    const forgettable = (this.#lastOffset ?? -1) + 1
    this.#records = 0
    this.#bytes = 0
    this.#lastOffset = offset
    return forgettable
  }
}
