import { CoordinationError } from '@freshet/coordination'
import type { Timers } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** A task that fails is repeated more and more rarely, but never more rarely than this, nor than it is meant to. */
const FAILING_INTERVAL_MS_MAX = 1000

/** Repeats tasks, each time after it has ended. Of failures in a row the first is logged; none ends the series. */
export class PeriodicTasks {
  readonly #timers: Timers
  readonly #logger: Logger
  #isStopped = false

  constructor(timers: Timers, logger: Logger) {
    this.#timers = timers
    this.#logger = logger
  }

  every(intervalMs: number, task: () => Promise<void>): void {
    this.repeat(() => intervalMs, task)
  }

  /** The task says, each time that it has ended, how soon it is to run again. */
  repeat(intervalMs: () => number, task: () => Promise<void>): void {
    this.#later(intervalMs(), intervalMs, task)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** `delayMs` is more than the interval while the task fails: whoever is down is not helped by haste. */
  #later(delayMs: number, interval: () => number, task: () => Promise<void>): void {
    const intervalMs = interval()
    this.#timers.after(delayMs, async () => {
      if (this.#isStopped) return
      const error = await task().then(nothing, (reason: unknown) => reason)
      if (error === undefined) return this.#later(interval(), interval, task)
      if (delayMs === intervalMs) this.#logFailure(error)
      const longestMs = Math.max(intervalMs + 1, FAILING_INTERVAL_MS_MAX)
      this.#later(Math.min(delayMs * 2, longestMs), interval, task)
    })
  }

  #logFailure(error: unknown): void {
    if (error instanceof CoordinationError)
      this.#logger.warn('the coordination store does not serve', { error })
    else this.#logger.error('a periodic task of the controller failed', { error })
  }
}

function nothing(): undefined {
  return undefined
}
