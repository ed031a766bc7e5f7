/** Cutting a log at either end: truncation of a follower, DeleteRecords (KIP-107), retention. */
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { producersAt } from '../recovery/log-loader.ts'
import type { Sliced } from '../slices.ts'
import type { LogState } from './log-state.ts'
import { deletableSegments, type LogFacts } from './retention.ts'

/** What producers had written by then is looked up first. False if the log has changed meanwhile: then nothing is cut. */
export function* truncation(log: LogState, offset: number): Sliced<boolean> {
  const { segments, epochs, logEndOffset, highWatermark } = log
  if (offset >= logEndOffset) {
    // An epoch in which this broker led and wrote nothing never happened for the others.
    if (epochs.truncateFromEnd(logEndOffset)) log.storeEpochs()
    return true
  }
  if (offset < segments.oldest.baseOffset) {
    truncateFullyAndStartAt(log, offset)
    return true
  }
  const { changes } = segments
  const endOffset = segments.endBefore(offset)
  const lookup = producersAt(log, endOffset, Math.min(highWatermark, endOffset))
  let step = lookup.next()
  while (!step.done) {
    yield
    if (log.logEndOffset !== logEndOffset || segments.changes !== changes) return false
    step = lookup.next()
  }
  log.endAt(segments.truncateTo(offset, deleteAtMs(log)), step.value)
  return true
}

export function truncateFullyAndStartAt(log: LogState, offset: number): void {
  log.segments.restartAt(offset, log.config, deleteAtMs(log))
  log.flusher.hasNewNames = true
  log.producers.forget()
  log.startAt(offset)
  log.endAt(offset, { states: log.producers.states, from: offset })
}

export function deleteRecordsBefore(log: LogState, offset: number): number {
  const { cleanupPolicy } = log.config
  if (cleanupPolicy.compact && !cleanupPolicy.delete) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Records of a compacted topic cannot be deleted')
  }
  const target = offset === -1 ? log.highWatermark : offset
  if (!(target >= 0 && target <= log.highWatermark)) {
    const message = `Offset ${target} is above the high watermark ${log.highWatermark} of ${log.folder}`
    throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, message)
  }
  if (target > log.logStartOffset) log.startAt(target)
  return log.logStartOffset
}

export function raiseLogStartOffset(log: LogState, offset: number): void {
  const bounded = Math.min(offset, log.logEndOffset)
  if (bounded > log.logStartOffset) log.startAt(bounded)
}

export function applyRetention(log: LogState, wallMs: number): number {
  const count = deletableSegments(factsOf(log), log.config, wallMs)
  if (count === 0) return 0
  if (count === log.segments.all.length) log.roll()
  log.segments.removeOldest(count, deleteAtMs(log))
  const { baseOffset } = log.segments.oldest
  if (baseOffset > log.logStartOffset) log.startAt(baseOffset)
  return count
}

function factsOf(log: LogState): LogFacts {
  const segments = log.segments.all.map((segment, index) => {
    return {
      sizeBytes: segment.sizeBytes,
      endOffset: log.segments.endOf(index, log.logEndOffset),
      // Looked up only of those that may go: it takes the indexes of a segment.
      get largestTimestampMs() {
        const { timestampMs } = segment.largestTimestamp
        return timestampMs >= 0 ? timestampMs : segment.modifiedMs()
      },
    }
  })
  return { logStartOffset: log.logStartOffset, highWatermark: log.highWatermark, segments }
}

function deleteAtMs(log: LogState): number {
  return log.context.clock.monotonic() + log.config.fileDeleteDelayMs
}
