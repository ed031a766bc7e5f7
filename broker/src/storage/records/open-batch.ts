/** The records of a batch as plain bytes, decompressed if need be. */
import type { CodecName, Codecs } from '../../runtime/types.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { BATCH_HEADER_BYTES, Compression, compressionOf } from '../batches/batch.ts'

export interface OpenedBatch {
  readonly bytes: Buffer
  /** Where in `bytes` the first record begins. */
  readonly at: number
}

/** What an uncompressed request may carry at most by default: no honest batch comes to more. */
export const OPENED_BYTES_MAX = 100 << 20

const NAMES: readonly (CodecName | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd']

/** Undefined for what is not compressed. */
export function codecOf(batch: Buffer): CodecName | undefined {
  return NAMES[compressionOf(batch, 0)]
}

export function compressionCode(codec: CodecName | undefined): number {
  return NAMES.indexOf(codec)
}

/** The batch itself if it is not compressed; INVALID_RECORD if it cannot be decompressed. */
export async function openBatch(codecs: Codecs, batch: Buffer): Promise<OpenedBatch> {
  const codec = codecOf(batch)
  if (codec !== undefined) {
    try {
      const bytes = await codecs.decompress(codec, batch.subarray(BATCH_HEADER_BYTES), OPENED_BYTES_MAX)
      return { bytes, at: 0 }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new KafkaError(ErrorCode.INVALID_RECORD, `Failed to decompress the record batch: ${reason}`)
    }
  }
  if (compressionOf(batch, 0) === Compression.NONE) return { bytes: batch, at: BATCH_HEADER_BYTES }
  throw new KafkaError(ErrorCode.INVALID_RECORD, 'Record batch has an unknown compression type')
}
