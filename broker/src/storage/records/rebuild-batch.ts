/** A batch with other records behind the header of the one that it was: same offsets, same producer, new checksum. */
import type { CodecName, Codecs } from '../../runtime/types.ts'
import {
  attributesOf,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  recomputeCrc,
  setAttributes,
  setBaseTimestamp,
  setMaxTimestamp,
  setRecordsCount,
  setSizeInBytes,
} from '../batches/batch.ts'
import { compressionCode } from './open-batch.ts'

export interface BatchChange {
  readonly records: readonly Buffer[]
  /** Those of the original if left out. */
  readonly recordsCount?: number
  readonly codec: CodecName | undefined
  readonly level?: number | undefined
  readonly baseTimestampMs?: number
  readonly maxTimestampMs?: number
  /** Attribute bits that come or go; all others stay. */
  readonly deleteHorizon?: boolean
}

export async function rebuildBatch(codecs: Codecs, original: Buffer, change: BatchChange): Promise<Buffer> {
  const { codec, level, recordsCount, baseTimestampMs, maxTimestampMs, deleteHorizon } = change
  const header = original.subarray(0, BATCH_HEADER_BYTES)
  const body =
    codec === undefined ? change.records : [await codecs.compress(codec, joined(change.records), level)]
  const batch = Buffer.concat([header, ...body])
  let attributes = (attributesOf(batch, 0) & ~BatchAttribute.COMPRESSION_MASK) | compressionCode(codec)
  if (deleteHorizon === true) attributes |= BatchAttribute.DELETE_HORIZON
  if (deleteHorizon === false) attributes &= ~BatchAttribute.DELETE_HORIZON
  setAttributes(batch, 0, attributes)
  setSizeInBytes(batch, 0, batch.length)
  if (recordsCount !== undefined) setRecordsCount(batch, 0, recordsCount)
  if (baseTimestampMs !== undefined) setBaseTimestamp(batch, 0, baseTimestampMs)
  if (maxTimestampMs !== undefined) setMaxTimestamp(batch, 0, maxTimestampMs)
  recomputeCrc(batch, 0)
  return batch
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
