import { WireError } from '../wire/index.ts'
import { type FramePool, POOLED_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MIN } from './frame-pool.ts'

const SIZE_FIELD_BYTES = 4
/** A frame's buffer starts no larger than this and grows with what has arrived: a length alone claims no memory. */
const FIRST_CAPACITY_BYTES_MAX = 1024 * 1024
/** Of a peer that is trusted: its frames need not grow. */
const TRUSTED_CAPACITY_BYTES_MAX = 16 * 1024 * 1024
const PRODUCE_API_KEY = 0

export interface Frame {
  readonly bytes: Buffer
  /** From the pool: its owner gives it back when nothing refers to it any more. */
  readonly pooled: boolean
}

/** Cuts a byte stream into Kafka's frames (`int32 size`, then as many bytes), copying each byte once. */
export class FrameReader {
  readonly #pool: FramePool | undefined
  readonly #sizeBytesMax: number
  readonly #isTrusted: boolean
  readonly #onFrame: (frame: Frame) => boolean
  readonly #sizeField = Buffer.alloc(SIZE_FIELD_BYTES)
  #sizeFieldFilled = 0
  #buffer: Buffer | undefined
  #pooled = false
  #sizeBytes = 0
  #filled = 0

  /**
   * `onFrame` returns whether to go on at once; false stops `push` behind that frame. Without a pool all frames are
   * fresh; with one, produce requests come from it, and all that a trusted peer sends.
   */
  constructor(
    pool: FramePool | undefined,
    sizeBytesMax: number,
    onFrame: (frame: Frame) => boolean,
    isTrusted = false,
  ) {
    this.#pool = pool
    this.#isTrusted = isTrusted
    this.#sizeBytesMax = sizeBytesMax
    this.#onFrame = onFrame
  }

  /** Takes bytes from `chunk`; returns how many were consumed. Throws WireError on a size that no frame may have. */
  push(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length) {
      if (this.#buffer === undefined) {
        at = this.#readSize(chunk, at)
        if (this.#sizeFieldFilled < SIZE_FIELD_BYTES) return at
        this.#begin(chunk, at)
      }
      at += this.#fill(chunk, at)
      if (this.#filled === this.#sizeBytes && !this.#emit()) return at
    }
    return at
  }

  /** Bytes of a frame that has not arrived in full. */
  get pendingBytes(): number {
    return this.#filled
  }

  /** Gives a half-read frame's buffer back; the reader is not used afterwards. */
  discard(): void {
    if (this.#buffer !== undefined && this.#pooled) this.#pool?.release(this.#buffer)
    this.#buffer = undefined
  }

  #readSize(chunk: Buffer, at: number): number {
    const count = Math.min(SIZE_FIELD_BYTES - this.#sizeFieldFilled, chunk.length - at)
    chunk.copy(this.#sizeField, this.#sizeFieldFilled, at, at + count)
    this.#sizeFieldFilled += count
    return at + count
  }

  #begin(chunk: Buffer, at: number): void {
    const sizeBytes = this.#sizeField.readInt32BE(0)
    if (sizeBytes < 0 || sizeBytes > this.#sizeBytesMax) {
      throw new WireError(`a frame of ${sizeBytes} bytes; from 0 to ${this.#sizeBytesMax} are allowed`)
    }
    this.#sizeBytes = sizeBytes
    this.#filled = 0
    const pooledBuffer = this.#isPoolable(chunk, at) ? this.#pool?.acquire(sizeBytes) : undefined
    const capacityBytesMax = this.#isTrusted ? TRUSTED_CAPACITY_BYTES_MAX : FIRST_CAPACITY_BYTES_MAX
    this.#pooled = pooledBuffer !== undefined
    this.#buffer = pooledBuffer ?? Buffer.allocUnsafe(Math.min(sizeBytes, capacityBytesMax))
  }

  #isPoolable(chunk: Buffer, at: number): boolean {
    if (this.#sizeBytes < POOLED_FRAME_BYTES_MIN) return false
    if (this.#isTrusted) return this.#sizeBytes <= POOLED_FRAME_BYTES_MAX
    const isProduce = chunk.length >= at + 2 && chunk.readInt16BE(at) === PRODUCE_API_KEY
    return isProduce && this.#sizeBytes <= FIRST_CAPACITY_BYTES_MAX
  }

  #fill(chunk: Buffer, at: number): number {
    let buffer = this.#buffer as Buffer
    const count = Math.min(this.#sizeBytes - this.#filled, chunk.length - at)
    if (this.#filled + count > buffer.length) {
      const capacity = Math.min(this.#sizeBytes, Math.max(this.#filled + count, buffer.length * 2))
      const larger = Buffer.allocUnsafeSlow(capacity)
      buffer.copy(larger, 0, 0, this.#filled)
      buffer = larger
      this.#buffer = larger
    }
    chunk.copy(buffer, this.#filled, at, at + count)
    this.#filled += count
    return count
  }

  #emit(): boolean {
    const frame = { bytes: this.#buffer as Buffer, pooled: this.#pooled }
    this.#buffer = undefined
    this.#sizeFieldFilled = 0
    this.#filled = 0
    return this.#onFrame(frame)
  }
}
