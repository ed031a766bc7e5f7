/** When the active segment ends and a new one begins. */

import type { Segment } from '../segment/segment.ts'
import type { LogConfig } from './log-config.ts'

export interface IncomingBatch {
  readonly sizeBytes: number
  readonly lastOffset: number
  readonly timestampMs: number
  /** What will be written to the segment before it. */
  readonly stagedBytes: number
  readonly stagedBatches: number
}

const RELATIVE_OFFSET_MAX = 0x7fffffff

export function mustRoll(
  segment: Segment,
  incoming: IncomingBatch,
  config: LogConfig,
  nowMs: number,
): boolean {
  const sizeBytes = segment.sizeBytes + incoming.stagedBytes
  if (incoming.lastOffset - segment.baseOffset > RELATIVE_OFFSET_MAX) return true
  if (sizeBytes === 0) return false
  if (sizeBytes > config.segmentBytes - incoming.sizeBytes) return true
  if (segment.indexes.isFull(config.segmentIndexBytes, incoming.stagedBatches + 1)) return true
  return isOld(segment, incoming, segmentMsMax(config) - segment.jitterMs, nowMs)
}

/** A compacted segment must be sealed in time for `max.compaction.lag.ms`. */
function segmentMsMax({ cleanupPolicy, segmentMs, maxCompactionLagMs }: LogConfig): number {
  return cleanupPolicy.compact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs
}

/** By the records' own clock if they have one, so that a replayed history rolls as the original did. */
function isOld(segment: Segment, incoming: IncomingBatch, segmentMs: number, nowMs: number): boolean {
  const firstTimestampMs = segment.firstTimestampMs ?? -1
  if (firstTimestampMs >= 0 && incoming.timestampMs >= 0) {
    return incoming.timestampMs - firstTimestampMs > segmentMs
  }
  return nowMs - segment.createdMs > segmentMs
}
