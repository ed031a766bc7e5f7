/**
 * Finds records by their timestamps, for ListOffsets: the place in the log by the time index, the record in its batch by
 * looking, decompressed if need be.
 */
import type { Codecs } from '../../runtime/types.ts'
import {
  attributesOf,
  BatchAttribute,
  baseOffsetOf,
  baseTimestampOf,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  recordsCountOf,
  sizeOf,
} from '../batches/batch.ts'
import { openBatch } from '../records/open-batch.ts'
import { RecordWalker } from '../records/record-walker.ts'
import { CONTINUE, STOP } from '../segment/batch-scanner.ts'
import { whenBroughtIn } from '../segment/cold-read.ts'
import type { Segment } from '../segment/segment.ts'
import type { LogState } from './log-state.ts'

export interface FoundTimestamp {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** The first record of a log that is not older than a timestamp. */
export async function offsetForTimestamp(
  log: LogState,
  timestampMs: number,
): Promise<FoundTimestamp | undefined> {
  for (let from = log.logStartOffset; ; ) {
    const batch = await search(log, (segments) => batchForTimestamp(segments, timestampMs, from))
    if (batch === undefined) return undefined
    const found = await recordForTimestamp(log.context.codecs, batch, timestampMs, from)
    if (found !== undefined) return found
    from = lastOffsetOf(batch, 0) + 1
  }
}

/** The first of the newest records. */
export async function maxTimestampOffset(log: LogState): Promise<FoundTimestamp | undefined> {
  const largest = await search(log, largestTimestamp)
  return largest < 0 ? undefined : await offsetForTimestamp(log, largest)
}

/** Nobody else waits for the disk meanwhile. */
async function search<T>(log: LogState, task: (segments: readonly Segment[]) => T): Promise<Awaited<T>> {
  return await whenBroughtIn(log.context.pool, () => {
    log.ensureOnline()
    log.use()
    return log.guard('searching', () => task(log.segments.all))
  })
}

/** The largest timestamp of a log; -1 if no record has one. */
function largestTimestamp(segments: readonly Segment[]): number {
  let largest = -1
  for (const segment of segments) largest = Math.max(largest, segment.largestTimestamp.timestampMs)
  return largest
}

/** A copy of the first batch that has a timestamp as large and reaches to `fromOffset`. */
function batchForTimestamp(
  segments: readonly Segment[],
  timestampMs: number,
  fromOffset: number,
): Buffer | undefined {
  for (const [index, segment] of segments.entries()) {
    const endOffset = segments[index + 1]?.baseOffset ?? Infinity
    if (endOffset <= fromOffset || segment.largestTimestamp.timestampMs < timestampMs) continue
    const batch = batchInSegment(segment, timestampMs, fromOffset)
    if (batch !== undefined) return batch
  }
  return undefined
}

/** The first record of a batch that is not older, at or after `fromOffset`. With LogAppendTime all have the batch's time. */
async function recordForTimestamp(
  codecs: Codecs,
  batch: Buffer,
  timestampMs: number,
  fromOffset: number,
): Promise<FoundTimestamp | undefined> {
  const leaderEpoch = leaderEpochOf(batch, 0)
  const baseOffset = baseOffsetOf(batch, 0)
  if ((attributesOf(batch, 0) & BatchAttribute.LOG_APPEND_TIME) !== 0) {
    return { offset: Math.max(baseOffset, fromOffset), timestampMs: maxTimestampOf(batch, 0), leaderEpoch }
  }
  const opened = await openBatch(codecs, batch)
  const walker = new RecordWalker(opened.bytes, opened.at)
  for (let left = recordsCountOf(batch, 0); left > 0; left--) {
    walker.next()
    const offset = baseOffset + walker.offsetDelta
    const recordMs = baseTimestampOf(batch, 0) + walker.timestampDelta
    if (recordMs >= timestampMs && offset >= fromOffset) return { offset, timestampMs: recordMs, leaderEpoch }
  }
  return undefined
}

function batchInSegment(segment: Segment, timestampMs: number, fromOffset: number): Buffer | undefined {
  // All up to the index entry before the timestamp is older than it.
  const indexed = segment.indexes.times.lookup(timestampMs - 1)?.offset ?? segment.baseOffset
  const position = segment.locate(Math.max(indexed, fromOffset))
  if (position < 0) return undefined
  let sizeBytes = 0
  const found = segment.scan(position, (buffer, at) => {
    const isCandidate = maxTimestampOf(buffer, at) >= timestampMs && lastOffsetOf(buffer, at) >= fromOffset
    if (isCandidate) sizeBytes = sizeOf(buffer, at)
    return isCandidate ? STOP : CONTINUE
  })
  if (sizeBytes === 0) return undefined
  const batch = Buffer.allocUnsafe(sizeBytes)
  segment.read(batch, found)
  return batch
}
