/** One cleaning of one log: read the keys of its dirty part, write what stays of each segment, swap it in. */

import { assert } from '../assert.ts'
import type { LogState } from '../log/log-state.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import { whenBroughtIn } from '../segment/cold-read.ts'
import type { Segment } from '../segment/segment.ts'
import { assessCleaning, type Cleanable } from './cleanable.ts'
import { type CleanerTools, type Cleaning, type CleaningMeans, type LastWrites, meansOf } from './cleaning.ts'
import { readDirtyKeys } from './dirty-keys.ts'
import { cleanGroup } from './group-cleaner.ts'
import { Stopped } from './pace.ts'
import { groupSegments } from './segment-groups.ts'
import { discardCleaned, swapIn } from './swap.ts'
import { CleanedTransactions } from './transactions.ts'

export function cleanableOf(log: LogState, nowMs: number): Cleanable {
  const { logStartOffset, logEndOffset, lastStableOffset, cleanerOffset, config } = log
  const segments = log.segments.all.map((segment, index, all) => {
    const asksForTime = config.minCompactionLagMs > 0 || config.maxCompactionLagMs !== Infinity
    const isSealed = index < all.length - 1
    return {
      baseOffset: segment.baseOffset,
      sizeBytes: segment.sizeBytes,
      firstTimestampMs: asksForTime && isSealed ? (segment.firstTimestampMs ?? -1) : -1,
      largestTimestampMs: asksForTime && isSealed ? segment.largestTimestamp.timestampMs : -1,
    }
  })
  const facts = { logStartOffset, logEndOffset, cleanerOffset, segments, lastStableOffset }
  return assessCleaning(facts, config, nowMs)
}

/** Throws Stopped if the log changes underneath, which costs nothing but the work. */
export async function cleanLog(log: LogState, tools: CleanerTools): Promise<void> {
  const cleanable = cleanableOf(log, log.context.clock.now())
  const { firstUncleanableOffset } = cleanable
  const segments = log.segments.all.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset)
  const watch = new LogWatch(log, segments)
  try {
    await cleanWatched(meansOf(log, tools, segments), cleanable, segments, watch)
  } catch (error) {
    // Files that went away show as errors of the disk first.
    throw watch.isAsBefore || error instanceof Stopped ? error : new Stopped()
  }
}

async function cleanWatched(
  means: CleaningMeans,
  cleanable: Cleanable,
  segments: readonly Segment[],
  watch: LogWatch,
): Promise<void> {
  const { log } = means
  const aborted = abortedTransactions(log)
  const known = new CleanedTransactions(aborted).beginAt(cleanable.firstDirtyOffset)
  const { map, endOffset } = await readDirtyKeys(means, segments, cleanable, known)
  watch.check()
  const cleaning: Cleaning = {
    ...means,
    map,
    endOffset,
    nowMs: log.context.clock.now(),
    transactions: new CleanedTransactions(aborted),
    lastWrites: lastWritesOf(log),
  }
  await cleanSegments(cleaning, segments, watch)
  log.cleanedTo(endOffset)
}

async function cleanSegments(
  cleaning: Cleaning,
  segments: readonly Segment[],
  watch: LogWatch,
): Promise<void> {
  const { log, endOffset } = cleaning
  const { segmentBytes, segmentIndexBytes } = log.config
  const touched = await whenBroughtIn(log.context.pool, () =>
    segments
      .filter(({ baseOffset }) => baseOffset < endOffset)
      .map((segment) => ({
        segment,
        baseOffset: segment.baseOffset,
        sizeBytes: segment.sizeBytes,
        indexBytes: segment.sizeBytes === 0 ? 0 : segment.indexes.sizeBytes,
      })),
  )
  const untouched = segments[touched.length]
  const end = untouched?.baseOffset ?? watch.endOffset
  for (const group of groupSegments(touched, { segmentBytes, segmentIndexBytes, endOffset: end })) {
    const old = group.map(({ segment }) => segment)
    try {
      const cleaned = await cleanGroup(cleaning, old)
      watch.check()
      // So that the names, once they are the segment's, are on the disk with what they name.
      await log.context.disk.syncFolder(log.folder)
      watch.check()
      log.guard('swapping', () => swapIn(log, old, cleaned))
    } catch (error) {
      discardFutile(log, old[0]!.baseOffset)
      throw error
    }
    watch.replaced(old)
    await syncNames(log)
  }
}

/** What was written so far is of no use. If the disk refuses to remove it, the next start does. */
function discardFutile(log: LogState, baseOffset: number): void {
  if (log.failure === undefined)
    log.guard('removing', () => discardCleaned(log.context, log.folder, baseOffset))
}

/** The checkpoint may only tell of what a power loss does not take back. */
async function syncNames(log: LogState): Promise<void> {
  try {
    await log.context.disk.syncFolder(log.folder)
  } catch (error) {
    throw log.failSync('syncing', error)
  }
}

/** Notices when a log is not any more what it was when its cleaning began: truncated, deleted, closed. */
class LogWatch {
  readonly endOffset: number
  readonly #log: LogState
  #segments: { readonly segment: Segment; readonly sizeBytes: number }[]

  constructor(log: LogState, segments: readonly Segment[]) {
    assert(!segments.includes(log.segments.active), 'the active segment is not cleaned')
    this.#log = log
    this.#segments = segments.map((segment) => ({ segment, sizeBytes: segment.sizeBytes }))
    this.endOffset = log.segments.all[segments.length]?.baseOffset ?? log.logEndOffset
  }

  get isAsBefore(): boolean {
    const { all, active } = this.#log.segments
    return this.#segments.every(
      ({ segment, sizeBytes }) =>
        segment !== active && segment.sizeBytes === sizeBytes && all.includes(segment),
    )
  }

  check(): void {
    this.#log.ensureOnline()
    if (!this.isAsBefore || !this.#log.config.cleanupPolicy.compact) throw new Stopped()
  }

  replaced(old: readonly Segment[]): void {
    this.#segments = this.#segments.filter(({ segment }) => !old.includes(segment))
  }
}

/** All that the log knows: few, and an aborted transaction is noted where it ended, not where it began. */
function abortedTransactions({ segments }: LogState): AbortedTransaction[] {
  const found: AbortedTransaction[] = []
  for (const segment of segments.all) {
    segment.transactions.visitFrom(0, (aborted) => {
      found.push(aborted)
      return true
    })
  }
  return found
}

function lastWritesOf({ producers }: LogState): LastWrites {
  return new Map(
    producers.states
      .entries()
      .map(({ producerId, producerEpoch, batches }) => [
        producerId,
        { dataOffset: batches.at(-1)?.lastOffset, epoch: producerEpoch },
      ]),
  )
}
