/** Finds the true end of a log after the previous process ended, cleanly or not. */
import { assert } from '../assert.ts'
import { baseOffsetOf, lastOffsetOf, leaderEpochOf } from '../batches/batch.ts'
import type { LeaderEpochs } from '../epochs/leader-epochs.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogContext, LogStart } from '../log/log-context.ts'
import { STOP } from '../segment/batch-scanner.ts'
import type { Segment } from '../segment/segment.ts'
import { deleteSegmentFiles } from '../segment/segment-list.ts'
import type { Sliced } from '../slices.ts'

/**
 * Segments join without a gap, those of a cleaned log too: where one ends before the next begins, batches are gone.
 * Cuts the log at its first bad batch and drops the segments behind it from `segments` and from the disk.
 * Returns the log end offset.
 */
export function* recoverSegments(
  context: LogContext,
  folder: string,
  segments: Segment[],
  start: LogStart,
  config: LogConfig,
  epochs: LeaderEpochs,
): Sliced<number> {
  const active = segments.at(-1)
  assert(active !== undefined, 'a log has a segment')
  if (start.shutdown === 'clean') {
    for (const segment of segments) yield* segment.checkIndexes()
    const endOffset = active.findEndOffset()
    if (endOffset !== undefined) return endOffset
    context.onDamage()
  }
  let endOffset = active.baseOffset
  for (const [index, segment] of segments.entries()) {
    const nextBase = segments[index + 1]?.baseOffset
    const isSafe = start.shutdown === 'unknown' ? start.recoveryPoint : active.baseOffset
    if (nextBase !== undefined && nextBase <= isSafe) {
      yield* segment.checkIndexes()
      // A recovery point is a promise of the disk: one that lied shows at the end of the segment.
      if (start.shutdown !== 'unknown' || segment.findEndOffset() === nextBase) continue
    }
    const sizeBefore = segment.sizeBytes
    endOffset = yield* recoverSegment(context, segment, start, config, epochs)
    const isShort = nextBase !== undefined && endOffset !== nextBase
    if (segment.sizeBytes < sizeBefore || isShort) {
      if (index < segments.length - 1) context.onDamage()
      dropAfter(context, folder, segments, index)
      break
    }
  }
  return endOffset
}

function* recoverSegment(
  context: LogContext,
  segment: Segment,
  start: LogStart,
  config: LogConfig,
  epochs: LeaderEpochs,
): Sliced<number> {
  let endOffset = segment.baseOffset
  let from = 0
  const checkedFrom = start.shutdown === 'unknown' ? start.recoveryPoint : 0
  if (start.shutdown === 'killed') {
    yield* segment.checkIndexes()
    // The indexes were written after the batches that they point to, so all before the last entry is whole.
    const last = segment.indexes.offsets.last()
    if (last !== undefined) {
      from = last.position
      segment.scan(from, (buffer, at) => {
        endOffset = baseOffsetOf(buffer, at)
        return STOP
      })
    }
  }
  // The checkpoint may know of a truncation that a power loss has undone: for what is recovered the batches are the truth.
  epochs.truncateFromEnd(endOffset)
  const { indexIntervalBytes } = config
  const { onDamage } = context
  yield* segment.recover(
    { from, nextOffset: endOffset, checkedFrom, indexIntervalBytes, onDamage },
    (buffer, at) => {
      epochs.assign(leaderEpochOf(buffer, at), baseOffsetOf(buffer, at))
      endOffset = lastOffsetOf(buffer, at) + 1
    },
  )
  return endOffset
}

/** Newest first, so that a crash in between leaves no gap. */
function dropAfter(context: LogContext, folder: string, segments: Segment[], index: number): void {
  for (const segment of segments.splice(index + 1).reverse()) {
    segment.close()
    deleteSegmentFiles(context, folder, segment.baseOffset, context.clock.monotonic())
  }
}
