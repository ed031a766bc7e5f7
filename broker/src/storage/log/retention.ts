/** Which of a log's oldest segments may go. Pure; the rules and their order are Kafka's. */
import type { LogConfig } from './log-config.ts'

export interface SegmentFacts {
  readonly sizeBytes: number
  /** The first offset after the segment. */
  readonly endOffset: number
  /** Its largest timestamp, or when its file was last written if no record has one. */
  readonly largestTimestampMs: number
}

export interface LogFacts {
  readonly logStartOffset: number
  readonly highWatermark: number
  /** Oldest first. */
  readonly segments: readonly SegmentFacts[]
}

/** How many segments, counted from the oldest, are to be deleted; an empty active segment never is. */
export function deletableSegments(facts: LogFacts, config: LogConfig, nowMs: number): number {
  const { segments, logStartOffset, highWatermark } = facts
  const last = segments.length - 1
  let count = 0
  const deleteWhile = (isDeletable: (segment: SegmentFacts) => boolean) => {
    for (let segment = segments[count]; segment !== undefined; segment = segments[count]) {
      if (segment.endOffset > highWatermark || (count === last && segment.sizeBytes === 0)) return
      if (!isDeletable(segment)) return
      count++
    }
  }
  deleteWhile((segment) => count < last && segment.endOffset <= logStartOffset)
  if (!config.cleanupPolicy.delete) return count
  if (config.retentionBytes >= 0) {
    let excess = segments
      .slice(count)
      .reduce((sum, segment) => sum + segment.sizeBytes, -config.retentionBytes)
    deleteWhile((segment) => {
      if (excess < segment.sizeBytes) return false
      excess -= segment.sizeBytes
      return true
    })
  }
  if (config.retentionMs >= 0) {
    deleteWhile((segment) => nowMs - segment.largestTimestampMs > config.retentionMs)
  }
  return count
}
