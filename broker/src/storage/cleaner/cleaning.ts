/** What one cleaning of a log works with. */
import type { LogState } from '../log/log-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { CleanerBuffers } from './buffers.ts'
import type { OffsetMap } from './offset-map.ts'
import type { Pace } from './pace.ts'
import type { CleanerSettings } from './settings.ts'
import type { CleanedTransactions } from './transactions.ts'

/** What a cleaner has for one log after the other. */
export interface CleanerTools {
  readonly settings: CleanerSettings
  readonly pace: Pace
  readonly buffers: CleanerBuffers
}

export interface CleaningMeans extends Omit<CleanerTools, 'buffers'> {
  readonly log: LogState
  /** A segment's batches are read into it, many at a time. */
  readonly readBuffer: Buffer
  /** What is to be written is gathered in it. */
  readonly writeBuffer: Buffer
}

/** What its second pass goes by, which writes the segments anew. */
export interface Cleaning extends CleaningMeans {
  /** The newest offset of each key of the dirty part. */
  readonly map: OffsetMap
  /** The first offset behind what is cleaned this time. */
  readonly endOffset: number
  readonly nowMs: number
  readonly transactions: CleanedTransactions
  readonly lastWrites: LastWrites
}

/** Of each producer that may still send: its last batch must stay, if only as an empty one. */
export type LastWrites = ReadonlyMap<
  number,
  { readonly dataOffset: number | undefined; readonly epoch: number }
>

export function meansOf(
  log: LogState,
  { settings, pace, buffers }: CleanerTools,
  segments: readonly Segment[],
): CleaningMeans {
  const largestBytes = segments.reduce((largest, { sizeBytes }) => Math.max(largest, sizeBytes), 0)
  const nowMs = log.context.clock.monotonic()
  return { log, settings, pace, ...buffers.take(Math.min(settings.ioBufferBytes, largestBytes), nowMs) }
}
