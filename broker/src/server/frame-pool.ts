/** Buffers are kept in classes: a frame wastes less than one step of its kind. */
const SMALL_STEP_BYTES = 4 * 1024
const LARGE_STEP_BYTES = 32 * 1024
export const POOLED_FRAME_BYTES_MAX = 4 * 1024 * 1024
/** Smaller buffers come from Node's slab allocator, which is faster for them than a pool. */
export const POOLED_FRAME_BYTES_MIN = 4 * 1024

/**
 * Recycles large buffers for produce frames and fetch responses. A fresh buffer costs page faults for each of its
 * pages, more than copying the data itself. What lies in the pool is bounded; what is out is not the pool's to bound.
 */
export class FramePool {
  readonly #freeByClass = new Map<number, Buffer[]>()
  readonly #idleBytesMax: number
  #idleBytes = 0

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax
  }

  /** A buffer of exactly `sizeBytes` with old content in it. Give it back with `release`. */
  acquire(sizeBytes: number): Buffer {
    if (sizeBytes < POOLED_FRAME_BYTES_MIN) return Buffer.allocUnsafe(sizeBytes)
    const stepBytes = sizeBytes <= LARGE_STEP_BYTES ? SMALL_STEP_BYTES : LARGE_STEP_BYTES
    const classBytes = Math.ceil(sizeBytes / stepBytes) * stepBytes
    const free = this.#freeByClass.get(classBytes)?.pop()
    if (free === undefined) return Buffer.allocUnsafeSlow(classBytes).subarray(0, sizeBytes)
    this.#idleBytes -= classBytes
    // Frames are often as long as those before them: then not even a view has to be made.
    return free.length === sizeBytes ? free : Buffer.from(free.buffer, 0, sizeBytes)
  }

  /** The caller must not touch the buffer, nor any view of it, afterwards. */
  release(buffer: Buffer): void {
    if (buffer.length < POOLED_FRAME_BYTES_MIN) return
    const classBytes = buffer.buffer.byteLength
    if (classBytes > POOLED_FRAME_BYTES_MAX || this.#idleBytes + classBytes > this.#idleBytesMax) return
    const free = this.#freeByClass.get(classBytes)
    if (free === undefined) this.#freeByClass.set(classBytes, [buffer])
    else free.push(buffer)
    this.#idleBytes += classBytes
  }

  get idleBytes(): number {
    return this.#idleBytes
  }
}
