/** Work that comes back again and again: after a while, or soon as long as it says that there is more to do. */
import type { Timer, Timers } from '../runtime/types.ts'

export interface TickIntervals {
  readonly idleMs: number
  readonly busyMs: number
}

export class Ticker {
  readonly #timers: Timers
  readonly #intervals: TickIntervals
  readonly #task: () => boolean
  #timer: Timer | undefined

  /** `task` returns whether it is to go on soon. */
  constructor(timers: Timers, intervals: TickIntervals, task: () => boolean) {
    this.#timers = timers
    this.#intervals = intervals
    this.#task = task
  }

  start(): void {
    this.#runIn(this.#intervals.idleMs)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #runIn(delayMs: number): void {
    const { idleMs, busyMs } = this.#intervals
    this.#timer = this.#timers.after(delayMs, () => this.#runIn(this.#task() ? busyMs : idleMs))
  }
}
