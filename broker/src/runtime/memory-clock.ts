/**
 * Virtual time: the twin of the real clock and timers for simulations and tests. Nothing happens until a test lets time
 * pass; then everything due happens in order, and after each step all promises that it settled are followed to their end.
 */
import type { Clock, Timer, Timers } from './types.ts'

interface Scheduled {
  readonly dueMs: number
  readonly order: number
  task: () => void
  cancelled: boolean
}

/** Turns of one instant before it counts as a loop that never ends. */
const TURNS_PER_INSTANT_MAX = 10_000
/** Fewer than these may wait although they were cancelled. */
const CANCELLED_MIN = 256
/** So often the real event loop gets its turn. */
const TASKS_PER_REAL_TURN = 4096

export class MemoryClock implements Clock, Timers {
  #nowMs = 0
  #epochMs: number
  /** By time, and of the same time in the order in which they were asked for. */
  readonly #scheduled = new Agenda()
  #scheduledCount = 0
  #taskCount = 0
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
    const dueMs = this.#nowMs + Math.max(0, delayMs)
    const scheduled = { dueMs, order: this.#scheduledCount++, task, cancelled: false }
    this.#scheduled.push(scheduled)
    return {
      cancel: () => {
        if (scheduled.cancelled) return
        scheduled.cancelled = true
        // A time-out that was cancelled may lie far ahead: what it holds must not wait for that.
        scheduled.task = nothing
        this.#scheduled.cancelled()
      },
    }
  }

  endOfTurn(task: () => void): void {
    this.#endOfTurn.push(task)
  }

  /** Lets `durationMs` pass. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    await this.#settleTurn()
    while (await this.#step(endMs));
    this.#nowMs = endMs
  }

  /** Lets time pass until `isReached`, at most `limitMs`. Returns whether it was reached. */
  async advanceUntil(isReached: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs
    await this.#settleTurn()
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
    const first = this.#scheduled.next()
    if (first === undefined || first.dueMs > endMs) return false
    this.#nowMs = first.dueMs
    // What a task asks for without delay comes in a turn of its own.
    const turnEnd = this.#scheduledCount
    for (let next: Scheduled | undefined = first; next !== undefined; next = this.#scheduled.next()) {
      if (next.dueMs > this.#nowMs || next.order >= turnEnd) break
      this.#scheduled.pop()
      next.task()
      await this.#microtasks()
    }
    if (this.#endOfTurn.length > 0) await this.#finishTurn()
    return true
  }

  /** What was begun outside of a turn counts as one. */
  async #settleTurn(): Promise<void> {
    await this.#microtasks()
    await this.#finishTurn()
  }

  /** All promises that the turn has settled were followed before. */
  async #finishTurn(): Promise<void> {
    for (let turn = 0; this.#endOfTurn.length > 0; turn++) {
      if (turn === TURNS_PER_INSTANT_MAX) throw new Error('one instant has turns without end')
      const tasks = this.#endOfTurn
      this.#endOfTurn = []
      for (const task of tasks) task()
      await this.#microtasks()
    }
  }

  /** Resolves when all settled promises have been followed to their end: a tick comes after all of that. */
  #microtasks(): Promise<void> {
    const isRealTurn = ++this.#taskCount % TASKS_PER_REAL_TURN === 0
    return new Promise((resolve) => {
      if (isRealTurn) setImmediate(resolve)
      else process.nextTick(resolve)
    })
  }
}

/** A binary heap of what is to come. */
class Agenda {
  #heap: Scheduled[] = []
  #cancelledCount = 0

  /** One of those that wait was cancelled; when most of them are, they are thrown out. */
  cancelled(): void {
    this.#cancelledCount++
    if (this.#cancelledCount < CANCELLED_MIN || this.#cancelledCount < this.#heap.length / 2) return
    const waiting = this.#heap.filter(({ cancelled }) => !cancelled)
    this.#heap = []
    this.#cancelledCount = 0
    for (const scheduled of waiting) this.push(scheduled)
  }

  push(scheduled: Scheduled): void {
    const heap = this.#heap
    let at = heap.push(scheduled) - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!isBefore(scheduled, heap[parent] as Scheduled)) break
      heap[at] = heap[parent] as Scheduled
      at = parent
    }
    heap[at] = scheduled
  }

  /** The earliest that was not cancelled. */
  next(): Scheduled | undefined {
    while (this.#heap[0]?.cancelled === true) {
      this.pop()
      this.#cancelledCount--
    }
    return this.#heap[0]
  }

  pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= heap.length) break
      const right = left + 1
      const isRight = right < heap.length && isBefore(heap[right] as Scheduled, heap[left] as Scheduled)
      const child = isRight ? right : left
      if (!isBefore(heap[child] as Scheduled, last)) break
      heap[at] = heap[child] as Scheduled
      at = child
    }
    heap[at] = last
  }
}

function nothing(): void {}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

/** The timers of one simulated process: they end with it, and wait while its event loop stands still. */
export class ProcessTimers implements Timers {
  readonly #timers: Timers
  #killed = false
  #due: (() => void)[] | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  after(delayMs: number, task: () => void): Timer {
    let cancelled = false
    const timer = this.#timers.after(delayMs, () =>
      this.#run(() => {
        if (!cancelled) task()
      }),
    )
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  endOfTurn(task: () => void): void {
    this.#timers.endOfTurn(() => this.#run(task))
  }

  kill(): void {
    this.#killed = true
  }

  stall(): void {
    this.#due ??= []
  }

  resume(): void {
    const due = this.#due ?? []
    this.#due = undefined
    for (const task of due) this.after(0, task)
  }

  #run(task: () => void): void {
    if (this.#killed) return
    if (this.#due === undefined) task()
    else this.#due.push(task)
  }
}

/** The clock of one machine: as wrong as it is set, while monotonic time goes on as everywhere. */
export class MachineClock implements Clock {
  readonly #clock: Clock
  offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return Math.floor(this.#clock.now() + this.offsetMs)
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }
}
