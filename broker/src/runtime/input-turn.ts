/**
 * One turn of the event loop as far as input goes. So many milliseconds of it are for what has arrived; the rest waits
 * for the next turns, in order, so that timers, commits and answers need not wait for all of it.
 */
const INPUT_MS_MAX = 2

export class InputTurn {
  readonly #now: () => number
  readonly #nextTurn: (task: () => void) => void
  #waiting: (() => void)[] = []
  #startedMs = 0
  #isScheduled = false

  constructor(now: () => number, nextTurn: (task: () => void) => void) {
    this.#now = now
    this.#nextTurn = nextTurn
  }

  /** Whether input has to wait: its time in this turn is used up. */
  isOver(): boolean {
    this.#schedule()
    return this.#now() - this.#startedMs > INPUT_MS_MAX
  }

  /** Runs `task` in the next turn that has time for it. Whoever calls bounds what waits. */
  later(task: () => void): void {
    this.#waiting.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#startedMs = this.#now()
    this.#nextTurn(() => this.#begin())
  }

  #begin(): void {
    this.#isScheduled = false
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#schedule()
    let done = 0
    do waiting[done++]?.()
    while (done < waiting.length && !this.isOver())
    if (done < waiting.length) this.#waiting = [...waiting.slice(done), ...this.#waiting]
  }
}
