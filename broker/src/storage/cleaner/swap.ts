/**
 * A cleaned segment takes the place of those it was made of, in Kafka's steps: `.cleaned` until it is whole and synced;
 * `.swap` from the moment on from which it counts; then the old ones become `.deleted` and it gets their name. After a
 * crash, `.cleaned` is thrown away and what `.swap` began is finished.
 */
import { lastOffsetOf } from '../batches/batch.ts'
import type { LogContext } from '../log/log-context.ts'
import type { LogState } from '../log/log-state.ts'
import {
  CLEANED_SUFFIX,
  LOG_SUFFIX,
  offsetFilePath,
  offsetOfFileName,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
} from '../names.ts'
import { Segment } from '../segment/segment.ts'
import { deleteSegmentFiles, segmentTimes } from '../segment/segment-list.ts'
import type { Sliced } from '../slices.ts'

/** The log last: while its name tells of the step before, that step can be done again. */
const LOG_LAST = [...SEGMENT_SUFFIXES].reverse()

/** Removes what an interrupted cleaning left under the name. */
export function discardCleaned(context: LogContext, folder: string, baseOffset: number): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    context.disk.remove(offsetFilePath(folder, baseOffset, suffix + CLEANED_SUFFIX))
  }
}

/** All at once: nothing else happens to the log in between. `cleaned` is on the disk already. */
export function swapIn(log: LogState, old: readonly Segment[], cleaned: Segment): void {
  const { context, folder, config } = log
  const { baseOffset, sizeBytes } = cleaned
  cleaned.close()
  renameAll(context, folder, baseOffset, CLEANED_SUFFIX, SWAP_SUFFIX)
  const deleteAtMs = context.clock.monotonic() + config.fileDeleteDelayMs
  for (const segment of old) {
    segment.close()
    deleteSegmentFiles(context, folder, segment.baseOffset, deleteAtMs)
  }
  renameAll(context, folder, baseOffset, SWAP_SUFFIX, '')
  const times = segmentTimes(context, config)
  log.segments.replace(
    old,
    new Segment(context.pool, { folder, baseOffset, sizeBytes, mayHaveIndexFiles: true, ...times }),
  )
}

/** At a start: finishes the swaps that a crash interrupted. Returns whether there were any. */
export function* finishSwaps(context: LogContext, folder: string, names: readonly string[]): Sliced<boolean> {
  const swapped = names
    .map((name) => offsetOfFileName(name, LOG_SUFFIX + SWAP_SUFFIX))
    .filter((offset) => offset !== undefined)
  for (const baseOffset of swapped) {
    const end = yield* endOfSwap(context, folder, baseOffset)
    const replaced = names
      .map((name) => offsetOfFileName(name, LOG_SUFFIX))
      .filter((offset) => offset !== undefined)
      .filter((offset) => offset > baseOffset && offset < end)
    deleteNamesakes(context, folder, baseOffset)
    for (const offset of replaced) deleteSegmentFiles(context, folder, offset, context.clock.monotonic())
    renameAll(context, folder, baseOffset, SWAP_SUFFIX, '')
  }
  return swapped.length > 0
}

/** What has its name already is the cleaned segment's own; the old file is the one that still has a successor. */
function deleteNamesakes(context: LogContext, folder: string, baseOffset: number): void {
  const { disk, deletions, clock } = context
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = offsetFilePath(folder, baseOffset, suffix)
    if (disk.exists(path) && disk.exists(path + SWAP_SUFFIX)) deletions.retire(path, clock.monotonic())
  }
}

function* endOfSwap(context: LogContext, folder: string, baseOffset: number): Sliced<number> {
  const path = offsetFilePath(folder, baseOffset, LOG_SUFFIX + SWAP_SUFFIX)
  const { sizeBytes } = context.disk.stat(path)
  const facts = { createdMs: 0, jitterMs: 0, mayHaveIndexFiles: true }
  const segment = new Segment(context.pool, { folder, baseOffset, sizeBytes, suffix: SWAP_SUFFIX, ...facts })
  let end = baseOffset
  yield* segment.scanInSlices(0, (buffer, at) => {
    end = lastOffsetOf(buffer, at) + 1
  })
  segment.close()
  return end
}

function renameAll(context: LogContext, folder: string, baseOffset: number, from: string, to: string): void {
  for (const suffix of LOG_LAST) {
    const path = offsetFilePath(folder, baseOffset, suffix)
    if (context.disk.exists(path + from)) context.disk.rename(path + from, path + to)
  }
}
