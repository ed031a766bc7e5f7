/**
 * Virtual time: the twin of the real clock and timers for simulations and tests. Nothing happens until a test lets time
 * pass; then everything due happens in order, and after each step all promises that it settled are followed to their end.
 */
import type { Clock, Timer, Timers } from './types.ts'

interface Scheduled {
  readonly dueMs: number
  readonly task: () => void
  cancelled: boolean
}

/** Turns of one instant before it counts as a loop that never ends. */
const TURNS_PER_INSTANT_MAX = 10_000

export class MemoryClock implements Clock, Timers {
  #nowMs = 0
  #epochMs: number
  /** Ordered by time, and of the same time in the order in which they were asked for. */
  #scheduled: Scheduled[] = []
  #endOfTurn: (() => void)[] = []

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs
  }

  now(): number {
    return this.#epochMs + this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  /** The wall clock is set; what waits goes on waiting as before. */
  jump(byMs: number): void {
    this.#epochMs += byMs
  }

  after(delayMs: number, task: () => void): Timer {
    const scheduled = { dueMs: this.#nowMs + Math.max(0, delayMs), task, cancelled: false }
    this.#scheduled.splice(this.#placeFor(scheduled.dueMs), 0, scheduled)
    return {
      cancel: () => {
        scheduled.cancelled = true
      },
    }
  }

  endOfTurn(task: () => void): void {
    this.#endOfTurn.push(task)
  }

  /** Lets `durationMs` pass. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    while (await this.#step(endMs));
    this.#nowMs = endMs
  }

  /** Lets time pass until `isReached`, at most `limitMs`. Returns whether it was reached. */
  async advanceUntil(isReached: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs
    await this.#finishTurn()
    while (!isReached()) {
      if (!(await this.#step(endMs))) {
        this.#nowMs = endMs
        return isReached()
      }
    }
    return true
  }

  /** Lets time pass until the promise settles; rejects if it takes longer than `limitMs`. */
  async settle<T>(promise: Promise<T>, limitMs: number): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    if (!(await this.advanceUntil(() => settled, limitMs))) {
      throw new Error(`nothing came of it within ${limitMs} ms of virtual time`)
    }
    return promise
  }

  /** One turn: everything that is due at the next instant, and what waits for the end of the turn. */
  async #step(endMs: number): Promise<boolean> {
    await this.#finishTurn()
    const next = this.#scheduled.find(({ cancelled }) => !cancelled)
    if (next === undefined || next.dueMs > endMs) return false
    this.#nowMs = next.dueMs
    const due = this.#scheduled.splice(0, this.#placeFor(next.dueMs))
    for (const scheduled of due) {
      if (scheduled.cancelled) continue
      scheduled.task()
      await microtasks()
    }
    await this.#finishTurn()
    return true
  }

  async #finishTurn(): Promise<void> {
    await microtasks()
    for (let turn = 0; this.#endOfTurn.length > 0; turn++) {
      if (turn === TURNS_PER_INSTANT_MAX) throw new Error('one instant has turns without end')
      const tasks = this.#endOfTurn
      this.#endOfTurn = []
      for (const task of tasks) task()
      await microtasks()
    }
  }

  /** Behind everything that is due at `dueMs` or before. */
  #placeFor(dueMs: number): number {
    let low = 0
    let high = this.#scheduled.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#scheduled[middle] as Scheduled).dueMs <= dueMs) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The timers of one simulated process: they end with it. */
export class ProcessTimers implements Timers {
  readonly #timers: Timers
  #killed = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#timers.after(delayMs, () => this.#run(task))
  }

  endOfTurn(task: () => void): void {
    this.#timers.endOfTurn(() => this.#run(task))
  }

  kill(): void {
    this.#killed = true
  }

  #run(task: () => void): void {
    if (!this.#killed) task()
  }
}

/** A real turn of the event loop comes only when all settled promises have been followed. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
