/**
 * The segments of a log, oldest first; there is always one, and the last is the active one that takes
 * appends.
 */

import { assert } from '../assert.ts'
import { baseOffsetOf } from '../batches/batch.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogContext } from '../log/log-context.ts'
import { type Allocate, NO_RECORDS, type ReadLimits, readSegment } from '../log/log-reader.ts'
import { offsetFilePath, SEGMENT_SUFFIXES } from '../names.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import { STOP } from './batch-scanner.ts'
import { Segment } from './segment.ts'

export class SegmentList {
  readonly #context: LogContext
  readonly #folder: string
  #segments: Segment[]
  #changes = 0

  constructor(context: LogContext, folder: string, segments: Segment[]) {
    assert(segments.length > 0, 'a log has a segment')
    this.#context = context
    this.#folder = folder
    this.#segments = segments
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get oldest(): Segment {
    return this.#segments[0]!
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1]!
  }

  /** How often anything but an append has changed the segments. */
  get changes(): number {
    return this.#changes
  }

  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.sizeBytes
    return sum
  }

  /** The number of the last segment that begins at or before `offset`; 0 if none does. */
  floor(offset: number): number {
    let from = 0
    let to = this.#segments.length - 1
    while (from < to) {
      const middle = (from + to + 1) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) from = middle
      else to = middle - 1
    }
    return from
  }

  /** The first offset after a segment, as far as the list knows it. */
  endOf(index: number, logEndOffset: number): number {
    return this.#segments[index + 1]?.baseOffset ?? logEndOffset
  }

  read(offset: number, limits: ReadLimits, allocate: Allocate): Buffer {
    for (let index = this.floor(offset); index < this.#segments.length; index++) {
      const records = readSegment(this.#segments[index]!, offset, limits, allocate)
      if (records !== undefined) return records
    }
    return NO_RECORDS
  }

  /** Has the disk bring in what such a read gets, from the place to which the indexes lead. */
  bringIn(offset: number, maxBytes: number): Promise<void> | undefined {
    for (let index = this.floor(offset); index < this.#segments.length; index++) {
      const segment = this.#segments[index]!
      const position = segment.locate(offset)
      if (position >= 0) return segment.bringIn(maxBytes, position)
    }
    return undefined
  }

  /** Aborted transactions that have records or their end in [from, upTo). */
  abortedTransactions(from: number, upTo: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (let index = this.floor(from); index < this.#segments.length; index++) {
      const goesOn = this.#segments[index]!.transactions.visitFrom(from, (aborted) => {
        if (aborted.firstOffset < upTo) found.push(aborted)
        return aborted.lastStableOffset < upTo
      })
      if (!goesOn) break
    }
    return found
  }

  /**
   * The next segment begins where the batches of this one end, so that a start sees whether one is shorter than it was.
   * That is before the end of the log if its leader has no batch there, and it was cut off in such a gap.
   */
  roll(logEndOffset: number, config: LogConfig): void {
    const baseOffset = this.active.findEndOffset()
    assert(
      baseOffset !== undefined && baseOffset > this.active.baseOffset && baseOffset <= logEndOffset,
      'a segment has whole batches, up to the end of the log',
    )
    this.active.seal()
    this.#segments.push(createSegment(this.#context, this.#folder, baseOffset, config))
    this.#changes++
  }

  /** Removes the batch that contains `offset` and all after it. Returns the new end of the log. */
  truncateTo(offset: number, deleteAtMs: number): number {
    while (this.#segments.length > 1 && this.active.baseOffset >= offset) {
      this.#delete(this.#segments.pop()!, deleteAtMs)
    }
    const { active } = this
    const position = active.locate(offset)
    if (position < 0) return offset
    const endOffset = endBefore(active, position, offset)
    active.truncate(position, endOffset)
    this.#changes++
    return endOffset
  }

  /** Where `truncateTo` would end the log. */
  endBefore(offset: number): number {
    const segment = this.#segments[this.floor(offset)]!
    const position = segment.locate(offset)
    return position < 0 ? offset : endBefore(segment, position, offset)
  }

  /** Oldest first, so that a crash in between leaves no gap. */
  removeOldest(count: number, deleteAtMs: number): void {
    assert(count < this.#segments.length, 'the active segment stays')
    for (const segment of this.#segments.splice(0, count)) this.#delete(segment, deleteAtMs)
  }

  /** Neighbours, the active one not among them, give way to one that begins where they did. */
  replace(old: readonly Segment[], replacement: Segment): void {
    const at = this.#segments.indexOf(old[0]!)
    assert(at >= 0 && at + old.length < this.#segments.length, 'only sealed segments are replaced')
    assert(
      this.#segments[at]?.baseOffset === replacement.baseOffset,
      'a replacement begins where its log does',
    )
    this.#segments.splice(at, old.length, replacement)
    this.#changes++
  }

  /** Drops everything and goes on at another offset. */
  restartAt(baseOffset: number, config: LogConfig, deleteAtMs: number): void {
    while (this.#segments.length > 0) this.#delete(this.#segments.pop()!, deleteAtMs)
    this.#segments.push(createSegment(this.#context, this.#folder, baseOffset, config))
  }

  release(): void {
    for (const segment of this.#segments) segment.release()
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
  }

  #delete(segment: Segment, deleteAtMs: number): void {
    this.#changes++
    segment.close()
    deleteSegmentFiles(this.#context, this.#folder, segment.baseOffset, deleteAtMs)
  }
}

/** The beginning of the batch that contains `offset`, or `offset` itself where there is none. */
function endBefore(segment: Segment, position: number, offset: number): number {
  let endOffset = offset
  segment.scan(position, (buffer, at) => {
    endOffset = Math.min(offset, baseOffsetOf(buffer, at))
    return STOP
  })
  return endOffset
}

export function createSegment(
  context: LogContext,
  folder: string,
  baseOffset: number,
  config: LogConfig,
): Segment {
  return Segment.create(context.pool, { folder, baseOffset, ...segmentTimes(context, config) })
}

export function segmentTimes(
  context: LogContext,
  config: LogConfig,
): { createdMs: number; jitterMs: number } {
  const jitterMax = Math.min(config.segmentJitterMs, config.segmentMs)
  return { createdMs: context.clock.now(), jitterMs: jitterMax > 0 ? context.random.below(jitterMax) : 0 }
}

/** Takes the files out of the log at once; the space comes back later. */
export function deleteSegmentFiles(
  context: LogContext,
  folder: string,
  baseOffset: number,
  atMs: number,
): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = offsetFilePath(folder, baseOffset, suffix)
    if (context.disk.exists(path)) context.deletions.retire(path, atMs)
  }
}
