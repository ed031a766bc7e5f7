/**
 * "Something changed": wakes whoever waits, without a poll. A waiter names the generation that it has seen, so
 * that a change between looking and waiting is never lost.
 */
export class Signal {
  #generation = 0
  readonly #waiters = new Set<() => void>()

  get generation(): number {
    return this.#generation
  }

  notify(): void {
    this.#generation++
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiters) wake()
  }

  /** Resolves at the first change after generation `seen`, after `timeoutMs`, or when `abort` fires. */
  waitAfter(seen: number, timeoutMs: number, abort?: AbortSignal): Promise<void> {
    if (seen !== this.#generation || abort?.aborted || timeoutMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        this.#waiters.delete(finish)
        abort?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, timeoutMs)
      abort?.addEventListener('abort', finish)
      this.#waiters.add(finish)
    })
  }
}
