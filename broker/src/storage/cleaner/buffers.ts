/**
 * What a cleaner reads into, and gathers what it writes in. It keeps them from one cleaning to the next: buffers of each
 * one's own would be garbage as large as the log, and V8 collects its whole heap for much less.
 */
const KEPT_UNUSED_MS = 60_000

export class CleanerBuffers {
  #read: Buffer = NONE
  #write: Buffer = NONE
  #usedMs = 0

  /** Two of at least `sizeBytes` each, until the next call. */
  take(sizeBytes: number, nowMs: number): { readBuffer: Buffer; writeBuffer: Buffer } {
    if (this.#read.length < sizeBytes) {
      this.#read = Buffer.allocUnsafeSlow(sizeBytes)
      this.#write = Buffer.allocUnsafeSlow(sizeBytes)
    }
    this.#usedMs = nowMs
    return { readBuffer: this.#read, writeBuffer: this.#write }
  }

  /** Gives their memory back if nobody took them for a minute. */
  releaseIfIdle(nowMs: number): void {
    if (nowMs - this.#usedMs < KEPT_UNUSED_MS) return
    this.#read = NONE
    this.#write = NONE
  }
}

const NONE = Buffer.alloc(0)
