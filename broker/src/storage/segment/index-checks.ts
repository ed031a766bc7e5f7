/** Whether the indexes of a segment fit its log. Only their ends are looked at: they are written in order. */
import { lastOffsetOf, maxTimestampOf } from '../batches/batch.ts'
import { CONTINUE, STOP } from './batch-scanner.ts'
import type { Segment } from './segment.ts'
import type { SegmentIndexes } from './segment-indexes.ts'

/** A log longer than this has index entries; if it has none, they were lost. */
const UNINDEXED_BYTES_MAX = 64 * 1024

/** Of a log that another process left. This one may have been told to index it more sparsely. */
export function lackEntries(indexes: SegmentIndexes, segment: Segment): boolean {
  return indexes.offsets.last() === undefined && segment.sizeBytes > UNINDEXED_BYTES_MAX
}

export function areSound(indexes: SegmentIndexes, segment: Segment): boolean {
  if (segment.sizeBytes === 0) return true
  return !indexes.isTorn && offsetsAreSound(indexes, segment) && timesAreSound(indexes, segment)
}

function offsetsAreSound(indexes: SegmentIndexes, segment: Segment): boolean {
  const last = indexes.offsets.last()
  if (last === undefined) return true
  if (last.position < 0 || last.position >= segment.sizeBytes) return false
  let isSound = false
  segment.scan(last.position, (buffer, at) => {
    isSound = lastOffsetOf(buffer, at) === last.offset
    return STOP
  })
  return isSound
}

/** The last entry names a batch that has its timestamp; without any entry, nor has the first batch one. */
function timesAreSound(indexes: SegmentIndexes, segment: Segment): boolean {
  const last = indexes.times.last()
  if (last === undefined && indexes.offsets.last() === undefined) return true
  const offset = last?.offset ?? segment.baseOffset
  let timestampMs = -1
  segment.scan(indexes.offsets.lookup(offset)?.position ?? 0, (buffer, at) => {
    if (lastOffsetOf(buffer, at) < offset) return CONTINUE
    timestampMs = maxTimestampOf(buffer, at)
    return STOP
  })
  return timestampMs === (last?.timestampMs ?? -1)
}
