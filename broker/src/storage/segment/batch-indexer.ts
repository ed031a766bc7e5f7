/** How the batches of a segment get into its indexes, one after the other, and which of them has the largest timestamp. */
import { lastOffsetOf, maxTimestampOf, sizeOf } from '../batches/batch.ts'
import type { SegmentIndexes } from './segment-indexes.ts'
import type { TimestampOffset } from './time-index.ts'

const NO_TIMESTAMP = -1

export class BatchIndexer {
  #largestTimestampMs = NO_TIMESTAMP
  #largestTimestampOffset = -1
  #bytesSinceEntry = 0
  #hasBegun = false

  /** Whether it knows all batches so far. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** The largest timestamp so far and the last offset of the batch that has it; timestamp -1 if none has. */
  get largest(): TimestampOffset {
    return { timestampMs: this.#largestTimestampMs, offset: this.#largestTimestampOffset }
  }

  /** `last` is what the time index knows already. */
  begin(last: TimestampOffset | undefined): void {
    this.#hasBegun = true
    this.#largestTimestampMs = last?.timestampMs ?? NO_TIMESTAMP
    this.#largestTimestampOffset = last?.offset ?? -1
  }

  /** A batch that is indexed already, or need not be. */
  note(buffer: Buffer, at: number): void {
    const timestampMs = maxTimestampOf(buffer, at)
    if (timestampMs <= this.#largestTimestampMs) return
    this.#largestTimestampMs = timestampMs
    this.#largestTimestampOffset = lastOffsetOf(buffer, at)
  }

  /** The next batch. */
  add(indexes: SegmentIndexes, buffer: Buffer, at: number, position: number, intervalBytes: number): void {
    this.note(buffer, at)
    if (this.#bytesSinceEntry > intervalBytes) {
      const offset = lastOffsetOf(buffer, at)
      indexes.add(offset, position, this.#largestTimestampMs, this.#largestTimestampOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += sizeOf(buffer, at)
  }
}
