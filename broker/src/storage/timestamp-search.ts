/** Finds records by their timestamps, for ListOffsets. */
import {
  attributesOf,
  BatchAttribute,
  baseOffsetOf,
  baseTimestampOf,
  Compression,
  compressionOf,
  decodeRecords,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  sizeOf,
} from './batch.ts'
import { CONTINUE, STOP } from './batch-scanner.ts'
import type { Segment } from './segment.ts'

export interface FoundTimestamp {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** The first record at or after `fromOffset` whose timestamp is at least `timestampMs`. */
export function findTimestamp(
  segments: readonly Segment[],
  timestampMs: number,
  fromOffset: number,
): FoundTimestamp | undefined {
  for (const [index, segment] of segments.entries()) {
    const endOffset = segments[index + 1]?.baseOffset ?? Infinity
    if (endOffset <= fromOffset || segment.largestTimestamp.timestampMs < timestampMs) continue
    const found = findInSegment(segment, timestampMs, fromOffset)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first of the records that have the largest timestamp of the log. */
export function findLargestTimestamp(
  segments: readonly Segment[],
  fromOffset: number,
): FoundTimestamp | undefined {
  let largest = -1
  for (const segment of segments) largest = Math.max(largest, segment.largestTimestamp.timestampMs)
  return largest < 0 ? undefined : findTimestamp(segments, largest, fromOffset)
}

function findInSegment(
  segment: Segment,
  timestampMs: number,
  fromOffset: number,
): FoundTimestamp | undefined {
  // All up to the index entry before the timestamp is older than it.
  const indexed = segment.indexes.times.lookup(timestampMs - 1)?.offset ?? segment.baseOffset
  let position = segment.locate(Math.max(indexed, fromOffset))
  while (position >= 0) {
    let sizeBytes = 0
    position = segment.scan(position, (buffer, at) => {
      const isCandidate = maxTimestampOf(buffer, at) >= timestampMs && lastOffsetOf(buffer, at) >= fromOffset
      if (isCandidate) sizeBytes = sizeOf(buffer, at)
      return isCandidate ? STOP : CONTINUE
    })
    if (sizeBytes === 0) return undefined
    const batch = Buffer.allocUnsafe(sizeBytes)
    segment.read(batch, position)
    const found = findInBatch(batch, timestampMs, fromOffset)
    if (found !== undefined) return found
    position += sizeBytes
  }
  return undefined
}

/**
 * With LogAppendTime all records have the batch's timestamp. The records of a compressed batch stay unread:
 * its
 * first offset is given, which is never too late.
 */
function findInBatch(batch: Buffer, timestampMs: number, fromOffset: number): FoundTimestamp | undefined {
  const leaderEpoch = leaderEpochOf(batch, 0)
  const first = Math.max(baseOffsetOf(batch, 0), fromOffset)
  if ((attributesOf(batch, 0) & BatchAttribute.LOG_APPEND_TIME) !== 0) {
    return { offset: first, timestampMs: maxTimestampOf(batch, 0), leaderEpoch }
  }
  if (compressionOf(batch, 0) !== Compression.NONE) {
    return { offset: first, timestampMs: Math.max(baseTimestampOf(batch, 0), timestampMs), leaderEpoch }
  }
  const record = decodeRecords(batch, 0).find(
    ({ offset, timestamp }) => timestamp >= timestampMs && offset >= fromOffset,
  )
  return record && { offset: record.offset, timestampMs: record.timestamp, leaderEpoch }
}
