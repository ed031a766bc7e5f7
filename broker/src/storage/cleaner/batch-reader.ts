/** The batches of a sealed segment, one after the other, each a view that is good until the next one is asked for. */
import { BATCH_HEADER_BYTES, isValidCrc, MAGIC_V2, magicOf, sizeOf } from '../batches/batch.ts'
import type { Segment } from '../segment/segment.ts'

export class BatchReader {
  readonly #segment: Segment
  readonly #buffer: Buffer
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #position: number

  /** As much as `buffer` holds is read at a time; a larger batch is read alone. */
  constructor(segment: Segment, from: number, buffer: Buffer) {
    this.#segment = segment
    this.#position = from
    this.#buffer = buffer
  }

  /** To be awaited before `next`, unless it is undefined: the disk has to bring what comes. */
  bringIn(): Promise<void> | undefined {
    const left = this.#segment.sizeBytes - this.#position
    if (left === 0 || this.#hasWhole) return undefined
    return this.#segment.bringIn(this.#buffer.length, this.#position)
  }

  get #hasWhole(): boolean {
    const loaded = this.#chunk.length - this.#at
    return loaded >= BATCH_HEADER_BYTES && loaded >= sizeOf(this.#chunk, this.#at)
  }

  /** Throws where the segment does not hold what was written: cleaning must not make that the only copy. */
  next(): Buffer | undefined {
    if (this.#position >= this.#segment.sizeBytes) return undefined
    this.#load(BATCH_HEADER_BYTES)
    const isBatch =
      this.#chunk.length - this.#at >= BATCH_HEADER_BYTES && magicOf(this.#chunk, this.#at) === MAGIC_V2
    const sizeBytes = isBatch ? sizeOf(this.#chunk, this.#at) : 0
    if (sizeBytes < BATCH_HEADER_BYTES) throw this.#damaged()
    this.#load(sizeBytes)
    const batch = this.#chunk.subarray(this.#at, this.#at + sizeBytes)
    if (!isValidCrc(batch, 0)) throw this.#damaged()
    this.#at += sizeBytes
    this.#position += sizeBytes
    return batch
  }

  #load(sizeBytes: number): void {
    if (this.#chunk.length - this.#at >= sizeBytes) return
    const left = this.#segment.sizeBytes - this.#position
    const fits = sizeBytes <= this.#buffer.length
    this.#chunk = fits ? this.#buffer.subarray(0, left) : Buffer.allocUnsafeSlow(Math.min(left, sizeBytes))
    this.#at = 0
    this.#segment.read(this.#chunk, this.#position)
  }

  #damaged(): Error {
    return new Error(`${this.#segment.log.path} has a damaged batch at position ${this.#position}`)
  }
}
