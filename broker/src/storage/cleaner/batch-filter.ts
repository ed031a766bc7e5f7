/** One batch of a log that is being cleaned: which of its records stay, and the batch that they become. */
import type { Codecs } from '../../runtime/types.ts'
import {
  attributesOf,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  baseOffsetOf,
  baseTimestampOf,
  maxTimestampOf,
  recomputeCrc,
  recordsCountOf,
  setAttributes,
  setBaseTimestamp,
  setRecordsCount,
  setSizeInBytes,
} from '../batches/batch.ts'
import { codecOf, type OpenedBatch } from '../records/open-batch.ts'
import { rebuildBatch } from '../records/rebuild-batch.ts'
import { RecordWalker } from '../records/record-walker.ts'
import { varlongBytes } from '../records/varlong-bytes.ts'

export interface FilterRules {
  /** Whether a record stays; `offset` is its own. */
  readonly keeps: (record: RecordWalker, offset: number) => boolean
  /** A batch that loses all its records stays as an empty one, for its last offset or sequence. */
  readonly keepsEmpty: boolean
  /** Tombstones, and markers with nothing left to mark, may go at this time. */
  readonly horizonMs: number
  /** The batch is a marker with nothing left to mark. */
  readonly isSpentMarker: boolean
}

const LOG_APPEND_TIME = BatchAttribute.LOG_APPEND_TIME

/** When tombstones and spent markers of a batch may go (KIP-534): undefined if no cleaning has seen them yet. */
export function deleteHorizonOf(batch: Buffer): number | undefined {
  if ((attributesOf(batch, 0) & BatchAttribute.DELETE_HORIZON) === 0) return undefined
  return baseTimestampOf(batch, 0)
}

/** The batch as it is to be written, the same one if nothing changed; undefined if nothing of it stays. */
export async function filterBatch(
  codecs: Codecs,
  batch: Buffer,
  opened: OpenedBatch,
  rules: FilterRules,
): Promise<Buffer | undefined> {
  const kept = keptRecords(batch, opened, rules)
  if (kept.records.length === 0) return rules.keepsEmpty ? emptyBatch(batch) : undefined
  const needsHorizon = (kept.hasTombstone || rules.isSpentMarker) && deleteHorizonOf(batch) === undefined
  if (kept.records.length === recordsCountOf(batch, 0) && !needsHorizon) return batch
  const baseTimestampMs = needsHorizon ? rules.horizonMs : baseTimestampOf(batch, 0)
  const isAppendTime = (attributesOf(batch, 0) & LOG_APPEND_TIME) !== 0
  return await rebuildBatch(codecs, batch, {
    records: kept.records.map((record) =>
      rebased(record, opened.bytes, baseTimestampOf(batch, 0), baseTimestampMs),
    ),
    recordsCount: kept.records.length,
    codec: codecOf(batch),
    baseTimestampMs,
    maxTimestampMs: isAppendTime ? maxTimestampOf(batch, 0) : kept.maxTimestampMs,
    ...(needsHorizon ? { deleteHorizon: true } : {}),
  })
}

interface KeptRecord {
  readonly start: number
  readonly end: number
  /** Its attributes are the byte before. */
  readonly timestampAt: number
  readonly timestampEnd: number
  readonly timestampDelta: number
}

function keptRecords(batch: Buffer, opened: OpenedBatch, rules: FilterRules) {
  const walker = new RecordWalker(opened.bytes, opened.at)
  const baseOffset = baseOffsetOf(batch, 0)
  const baseTimestampMs = baseTimestampOf(batch, 0)
  const records: KeptRecord[] = []
  let maxTimestampMs = -1
  let hasTombstone = false
  for (let index = recordsCountOf(batch, 0); index > 0; index--) {
    walker.next()
    if (!rules.keeps(walker, baseOffset + walker.offsetDelta)) continue
    const { start, end, timestampAt, timestampEnd, timestampDelta } = walker
    records.push({ start, end, timestampAt, timestampEnd, timestampDelta })
    maxTimestampMs = Math.max(maxTimestampMs, baseTimestampMs + timestampDelta)
    if (walker.valueBytes < 0) hasTombstone = true
  }
  return { records, maxTimestampMs, hasTombstone }
}

/** A record's timestamp is told as its distance from the batch's. */
function rebased(record: KeptRecord, bytes: Buffer, fromMs: number, toMs: number): Buffer {
  if (fromMs === toMs) return bytes.subarray(record.start, record.end)
  const attributes = bytes.subarray(record.timestampAt - 1, record.timestampAt)
  const timestamp = varlongBytes(fromMs + record.timestampDelta - toMs)
  const rest = bytes.subarray(record.timestampEnd, record.end)
  const length = varlongBytes(attributes.length + timestamp.length + rest.length)
  return Buffer.concat([length, attributes, timestamp, rest])
}

function emptyBatch(batch: Buffer): Buffer {
  const empty = Buffer.from(batch.subarray(0, BATCH_HEADER_BYTES))
  const dropped = BatchAttribute.COMPRESSION_MASK | BatchAttribute.DELETE_HORIZON
  setAttributes(empty, 0, attributesOf(batch, 0) & ~dropped)
  setBaseTimestamp(empty, 0, maxTimestampOf(batch, 0))
  setRecordsCount(empty, 0, 0)
  setSizeInBytes(empty, 0, BATCH_HEADER_BYTES)
  recomputeCrc(empty, 0)
  return empty
}
