import { baseOffset, lastOffset, sizeInBytes } from '@freshet/broker/wire'
import type { PartitionLog } from '../broker-code.ts'

export interface Batch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly bytes: Buffer
}

const BYTES_PER_READ = 1 << 20

/** All batches below the high watermark. */
export function readBatches(log: PartitionLog): Batch[] {
  const batches: Batch[] = []
  const upTo = log.highWatermark
  for (let offset = log.logStartOffset; offset < upTo; ) {
    const limits = { maxBytes: BYTES_PER_READ, upTo, minOneBatch: true }
    const bytes = log.read(offset, limits, (sizeBytes) => Buffer.alloc(sizeBytes))
    if (bytes.length === 0) break
    for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
      const last = lastOffset(bytes, at)
      batches.push({
        baseOffset: baseOffset(bytes, at),
        lastOffset: last,
        bytes: bytes.subarray(at, at + sizeInBytes(bytes, at)),
      })
      offset = last + 1
    }
  }
  return batches
}
