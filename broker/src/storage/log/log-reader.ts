/** Reads whole batches from a segment, in the common case with one system call. */
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  lastOffsetOf,
  MAGIC_V2,
  magicOf,
  sizeOf,
} from '../batches/batch.ts'
import { ColdRead, whenBroughtIn } from '../segment/cold-read.ts'
import type { Segment } from '../segment/segment.ts'
import type { LogState } from './log-state.ts'

export interface ReadLimits {
  readonly maxBytes: number
  /** No batch that begins at or after this offset. */
  readonly upTo: number
  /** Give the first batch even if it alone is larger than `maxBytes`. */
  readonly minOneBatch: boolean
  /** Told in place of a read that would keep the event loop waiting for the disk: nothing is read. */
  readonly whenCold?: ((broughtIn: Promise<void>) => void) | undefined
}

export type Allocate = (sizeBytes: number) => Buffer

export const NO_RECORDS: Buffer = Buffer.alloc(0)

export function readLog(log: LogState, offset: number, limits: ReadLimits, allocate: Allocate): Buffer {
  log.use()
  const { whenCold } = limits
  const read = () => log.guard('reading', () => log.segments.read(offset, limits, allocate))
  if (whenCold === undefined) return read()
  const records = log.context.pool.attempt(read)
  if (!(records instanceof ColdRead)) return records
  whenCold(bringIn(log, offset, limits.maxBytes, records))
  return NO_RECORDS
}

/** All that a read needs which has met the disk: what leads to the records, and then these. */
async function bringIn(log: LogState, offset: number, maxBytes: number, met: ColdRead): Promise<void> {
  const seek = () => {
    log.ensureOnline()
    log.use()
    return log.guard('seeking', () => log.segments.bringIn(offset, maxBytes))
  }
  try {
    await whenBroughtIn(log.context.pool, seek, met)
  } catch {
    // The read that follows meets the same, and reports it.
  }
}

/** Undefined if the segment has nothing at or after `offset`: the next one is to be asked. */
export function readSegment(
  segment: Segment,
  offset: number,
  limits: ReadLimits,
  allocate: Allocate,
): Buffer | undefined {
  const position = segment.locate(offset)
  if (position < 0) return undefined
  const available = segment.sizeBytes - position
  const wanted = Math.min(available, limits.maxBytes)
  if (wanted < BATCH_HEADER_BYTES) {
    return limits.minOneBatch ? readFirstBatch(segment, position, offset, limits, allocate) : NO_RECORDS
  }
  const buffer = allocate(wanted)
  segment.read(buffer, position)
  checkFirstBatch(segment, buffer, offset, available)
  if (sizeOf(buffer, 0) > wanted) {
    return limits.minOneBatch ? readFirstBatch(segment, position, offset, limits, allocate) : NO_RECORDS
  }
  return cutToBatches(segment, buffer, position, limits.upTo)
}

function readFirstBatch(
  segment: Segment,
  position: number,
  offset: number,
  limits: ReadLimits,
  allocate: Allocate,
): Buffer {
  const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
  segment.read(header, position)
  checkFirstBatch(segment, header, offset, segment.sizeBytes - position)
  if (baseOffsetOf(header, 0) >= limits.upTo) return NO_RECORDS
  const buffer = allocate(sizeOf(header, 0))
  segment.read(buffer, position)
  return cutToBatches(segment, buffer, position, limits.upTo)
}

/** Ends after the last whole batch below `upTo`, and remembers where that is for the reader's next call. */
function cutToBatches(segment: Segment, buffer: Buffer, position: number, upTo: number): Buffer {
  let end = 0
  let lastOffset = -1
  while (buffer.length - end >= BATCH_HEADER_BYTES) {
    const sizeBytes = sizeOf(buffer, end)
    if (sizeBytes < BATCH_HEADER_BYTES) throw corrupt(segment, baseOffsetOf(buffer, end))
    if (sizeBytes > buffer.length - end || baseOffsetOf(buffer, end) >= upTo) break
    lastOffset = lastOffsetOf(buffer, end)
    end += sizeBytes
  }
  if (end === 0) return NO_RECORDS
  segment.rememberRead(lastOffset + 1, position + end)
  return buffer.subarray(0, end)
}

/** A wrong position must never become wrong records: the batch that is there has to cover the offset. */
function checkFirstBatch(segment: Segment, buffer: Buffer, offset: number, available: number): void {
  const sizeBytes = sizeOf(buffer, 0)
  const isBatch = magicOf(buffer, 0) === MAGIC_V2 && sizeBytes >= BATCH_HEADER_BYTES && sizeBytes <= available
  if (!isBatch || lastOffsetOf(buffer, 0) < offset || baseOffsetOf(buffer, 0) < segment.baseOffset) {
    throw corrupt(segment, offset)
  }
}

function corrupt(segment: Segment, offset: number): KafkaError {
  return new KafkaError(
    ErrorCode.CORRUPT_MESSAGE,
    `${segment.log.path} has no valid batch for offset ${offset}`,
  )
}
