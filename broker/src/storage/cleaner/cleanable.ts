/** What of a compacted log is dirty, how much of it may be cleaned, and which log comes first. Pure; the rules are Kafka's. */
import type { LogConfig } from '../log/log-config.ts'

export interface CleanableSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly firstTimestampMs: number
  readonly largestTimestampMs: number
}

export interface CleanableFacts {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  /** Where the last cleaning ended; 0 if there was none. */
  readonly cleanerOffset: number
  /** Oldest first; the last is the active one. */
  readonly segments: readonly CleanableSegment[]
}

export interface Cleanable {
  readonly firstDirtyOffset: number
  /** Begin of the first segment that stays as it is. */
  readonly firstUncleanableOffset: number
  readonly cleanableBytes: number
  /** Of what lies before the first uncleanable offset, the part that is dirty. */
  readonly dirtyRatio: number
  /** `max.compaction.lag.ms` is over. */
  readonly isOverdue: boolean
}

export function assessCleaning(facts: CleanableFacts, config: LogConfig, nowMs: number): Cleanable {
  const { segments } = facts
  const firstDirtyOffset = dirtyFrom(facts)
  const boundary = uncleanableFrom(facts, config, firstDirtyOffset, nowMs)
  const sealed = segments.slice(0, -1)
  const first = sealed.find((_, index) => endOf(segments, index) > boundary) ?? segments.at(-1)
  const firstUncleanableOffset = first?.baseOffset ?? boundary
  let cleanBytes = 0
  let cleanableBytes = 0
  for (const [index, segment] of sealed.entries()) {
    if (segment.baseOffset >= firstUncleanableOffset) break
    if (endOf(segments, index) <= firstDirtyOffset) cleanBytes += segment.sizeBytes
    else cleanableBytes += segment.sizeBytes
  }
  const totalBytes = cleanBytes + cleanableBytes
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    dirtyRatio: totalBytes === 0 ? 0 : cleanableBytes / totalBytes,
    isOverdue: isOverdue(facts, config, firstDirtyOffset, nowMs),
  }
}

/** Whether the log is dirty enough to be cleaned now. */
export function isDue(cleanable: Cleanable, config: LogConfig): boolean {
  if (cleanable.cleanableBytes === 0) return false
  return cleanable.isOverdue || cleanable.dirtyRatio > config.minCleanableDirtyRatio
}

/** A checkpoint beyond the log, or before its start, is of another life of the log. */
function dirtyFrom({ logStartOffset, logEndOffset, cleanerOffset }: CleanableFacts): number {
  if (cleanerOffset > logEndOffset || cleanerOffset < logStartOffset) return logStartOffset
  return cleanerOffset
}

function uncleanableFrom(
  { segments, lastStableOffset }: CleanableFacts,
  { minCompactionLagMs }: LogConfig,
  firstDirtyOffset: number,
  nowMs: number,
): number {
  let boundary = Math.min(lastStableOffset, segments.at(-1)?.baseOffset ?? 0)
  if (minCompactionLagMs <= 0) return boundary
  for (const [index, segment] of segments.slice(0, -1).entries()) {
    if (endOf(segments, index) <= firstDirtyOffset) continue
    if (segment.largestTimestampMs > nowMs - minCompactionLagMs) {
      boundary = Math.min(boundary, segment.baseOffset)
      break
    }
  }
  return boundary
}

function isOverdue(
  { segments }: CleanableFacts,
  { maxCompactionLagMs }: LogConfig,
  firstDirtyOffset: number,
  nowMs: number,
): boolean {
  if (maxCompactionLagMs === Infinity) return false
  return segments
    .slice(0, -1)
    .some(
      (segment, index) =>
        endOf(segments, index) > firstDirtyOffset &&
        segment.firstTimestampMs >= 0 &&
        segment.firstTimestampMs < nowMs - maxCompactionLagMs,
    )
}

function endOf(segments: readonly CleanableSegment[], index: number): number {
  return segments[index + 1]?.baseOffset ?? Infinity
}
