/**
 * Keeps a long piece of work from holding up the event loop, and its disk traffic below a limit: it works in slices,
 * the next of which begins when somebody calls `resume`.
 */
import type { Clock } from '../../runtime/types.ts'

/** A record that comes meanwhile waits so long. */
const SLICE_MS = 0.25
/** Where the clock stands still, as within one turn of a simulation. */
const SLICE_BYTES = 2 << 20

/** The process ends, or what was worked on is gone. */
export class Stopped extends Error {}

export class Pace {
  readonly #clock: Clock
  #sliceStartMs: number
  #sliceBytes = 0
  #paidUntilMs: number
  #waiting: { resolve: () => void; reject: (error: Error) => void } | undefined
  #isStopped = false
  /** `log.cleaner.io.max.bytes.per.second` */
  bytesPerSecond: number

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.bytesPerSecond = bytesPerSecond
    this.#sliceStartMs = clock.monotonic()
    this.#paidUntilMs = this.#sliceStartMs
  }

  /** Notes so much work; the promise, if there is one, is to be awaited before more is done. */
  spend(sizeBytes: number): Promise<void> | undefined {
    const nowMs = this.#clock.monotonic()
    this.#sliceBytes += sizeBytes
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs) + (sizeBytes * 1000) / this.bytesPerSecond
    const isOver = nowMs - this.#sliceStartMs >= SLICE_MS || this.#sliceBytes >= SLICE_BYTES
    if (!isOver && this.#paidUntilMs <= nowMs + SLICE_MS && !this.#isStopped) return undefined
    return new Promise((resolve, reject) => {
      if (this.#isStopped) reject(new Stopped())
      else this.#waiting = { resolve, reject }
    })
  }

  /** What happened off the event loop did not hold it up: a new slice begins. */
  resumedElsewhere(): void {
    this.#sliceStartMs = this.#clock.monotonic()
  }

  /** The next slice, unless the limit says to wait longer. */
  resume(): void {
    const nowMs = this.#clock.monotonic()
    if (this.#paidUntilMs > nowMs + SLICE_MS) return
    this.#sliceStartMs = nowMs
    this.#sliceBytes = 0
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve()
  }

  /** Whoever waits, or would, gets Stopped. */
  stop(): void {
    this.#isStopped = true
    this.#waiting?.reject(new Stopped())
    this.#waiting = undefined
  }
}
