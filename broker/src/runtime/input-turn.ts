/**
 * One turn of the event loop as far as input goes. So many milliseconds of it are for what waited since turns before, as
 * many for what has just arrived; the rest waits for the next turns, in order, so that timers, commits and answers need
 * not wait for all of it.
 */
const INPUT_MS_MAX = 1
/** So many tasks that waited are done in a turn at most. */
const STEPS_MAX = 32

export class InputTurn {
  readonly #now: () => number
  readonly #nextTurn: (task: () => void) => void
  readonly #waiting: (() => void)[] = []
  #beginsNext = false
  #begunMs = 0
  /** When the first new input of this turn came. */
  #newSinceMs: number | undefined
  /** Scheduled for this turn or the next one, not more than there are tasks. */
  #steps = 0
  /** Whether a task that waited was done in this turn. */
  #hasGoneOn = false

  /** `nextTurn` runs tasks in their order, and what each of them leaves to be done at once before the next one. */
  constructor(now: () => number, nextTurn: (task: () => void) => void) {
    this.#now = now
    this.#nextTurn = nextTurn
  }

  /** Whether new input has to wait: its time in this turn is used up. */
  isOver(): boolean {
    this.#schedule()
    const nowMs = this.#now()
    this.#newSinceMs ??= nowMs
    return nowMs - this.#newSinceMs > INPUT_MS_MAX
  }

  /** Runs `task` in the next turn that has time for it. Whoever calls bounds what waits. */
  later(task: () => void): void {
    this.#schedule()
    this.#waiting.push(task)
    if (this.#steps === STEPS_MAX) return
    this.#steps++
    this.#nextTurn(this.#step)
  }

  #schedule(): void {
    if (this.#beginsNext) return
    this.#beginsNext = true
    this.#nextTurn(() => this.#begin())
  }

  #begin(): void {
    this.#beginsNext = false
    this.#begunMs = this.#now()
    this.#newSinceMs = undefined
    this.#hasGoneOn = false
    if (this.#waiting.length > 0) this.#schedule()
  }

  /**
   * One task, and then what it left to be done: a fetch is answered before the next one reads, while what it read is in
   * the processor's cache, and its buffer serves the next one.
   */
  readonly #step = (): void => {
    const mayGoOn = !this.#hasGoneOn || this.#now() - this.#begunMs <= INPUT_MS_MAX
    if (mayGoOn) {
      this.#hasGoneOn = true
      this.#waiting.shift()?.()
    }
    if (!mayGoOn || this.#waiting.length >= this.#steps) this.#nextTurn(this.#step)
    else this.#steps--
  }
}
