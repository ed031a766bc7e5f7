export const POOLED_FRAME_BYTES_MAX = 4 * 1024 * 1024
/** Smaller buffers come from Node's slab allocator, which is faster for them than a pool. */
export const POOLED_FRAME_BYTES_MIN = 4 * 1024

/** Sizes between two powers of two: a frame wastes an eighth of its buffer at most, if one of its class is free. */
const STEPS = 8
const FIRST_EXPONENT = Math.log2(POOLED_FRAME_BYTES_MIN)
const CLASSES = classOf(POOLED_FRAME_BYTES_MAX) + 1

interface SizeClass {
  readonly free: Buffer[]
  /** In buffers that were asked for since the start. */
  lastAskedFor: number
}

/**
 * Recycles large buffers for produce frames and fetch responses. A fresh buffer costs page faults for each of its
 * pages, more than copying the data itself, and V8 collects all of its heap again and again where many are made. What
 * lies in the pool is bounded: sizes that have not been asked for for longest make room. What is out is not the pool's
 * to bound.
 */
export class FramePool {
  readonly #classes: SizeClass[] = Array.from({ length: CLASSES }, () => ({ free: [], lastAskedFor: 0 }))
  readonly #idleBytesMax: number
  #idleBytes = 0
  #askedFor = 0

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax
  }

  /** A buffer of exactly `sizeBytes` with old content in it. Give it back with `release`. */
  acquire(sizeBytes: number): Buffer {
    if (sizeBytes < POOLED_FRAME_BYTES_MIN) return Buffer.allocUnsafe(sizeBytes)
    if (sizeBytes > POOLED_FRAME_BYTES_MAX) return Buffer.allocUnsafeSlow(sizeBytes)
    const index = classOf(sizeBytes)
    const free = this.#take(index)
    if (free === undefined) return Buffer.allocUnsafeSlow(bytesOf(index)).subarray(0, sizeBytes)
    this.#idleBytes -= free.buffer.byteLength
    // Frames are often as long as those before them: then not even a view has to be made.
    return free.length === sizeBytes ? free : Buffer.from(free.buffer, 0, sizeBytes)
  }

  /** The caller must not touch the buffer, nor any view of it, afterwards. */
  release(buffer: Buffer): void {
    const wholeBytes = buffer.buffer.byteLength
    if (buffer.length < POOLED_FRAME_BYTES_MIN || wholeBytes > POOLED_FRAME_BYTES_MAX) return
    const own = this.#classes[classOf(wholeBytes)] as SizeClass
    while (this.#idleBytes + wholeBytes > this.#idleBytesMax) if (!this.#dropOneOlderThan(own)) return
    own.free.push(buffer)
    this.#idleBytes += wholeBytes
  }

  get idleBytes(): number {
    return this.#idleBytes
  }

  /** Of that class, or a larger one, of up to twice the size. */
  #take(index: number): Buffer | undefined {
    const own = this.#classes[index] as SizeClass
    own.lastAskedFor = ++this.#askedFor
    const end = Math.min(index + STEPS, CLASSES - 1)
    for (let each = index; each <= end; each++) {
      const free = this.#classes[each]?.free.pop()
      if (free !== undefined) return free
    }
    return undefined
  }

  #dropOneOlderThan(own: SizeClass): boolean {
    let oldest = own
    for (const each of this.#classes)
      if (each.free.length > 0 && each.lastAskedFor < oldest.lastAskedFor) oldest = each
    if (oldest === own) return false
    this.#idleBytes -= oldest.free.pop()?.buffer.byteLength ?? 0
    return true
  }
}

/** The class of the smallest size that is not below this one. */
function classOf(sizeBytes: number): number {
  const exponent = 31 - Math.clz32(sizeBytes - 1)
  const step = Math.ceil(sizeBytes / (2 ** exponent / STEPS))
  return (exponent - FIRST_EXPONENT - 1) * STEPS + step
}

function bytesOf(index: number): number {
  const exponent = FIRST_EXPONENT + Math.floor((index - 1) / STEPS)
  const step = index - (exponent - FIRST_EXPONENT - 1) * STEPS
  return step * (2 ** exponent / STEPS)
}
