/**
 * Tries from time to time whether logs that went offline for want of room can be opened again: one log after the other,
 * so that nobody waits for them, and ever more rarely while that does not last.
 */
import type { Timer, Timers } from '../../runtime/types.ts'
import type { OfflineReplica } from './offline-reporter.ts'

export interface LogRevivalParts {
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly hasRoom: () => boolean
  /** True if the replica works again, or is no more to be waited for. */
  readonly revive: (replica: OfflineReplica) => boolean
}

const FIRST_DELAY_MS = 1000
const DELAY_MS_MAX = 30_000
const BETWEEN_LOGS_MS = 5
/** A log that was online for so long went offline for a reason of its own. */
const LASTING_MS = 60_000

export class LogRevival {
  readonly #parts: LogRevivalParts
  readonly #waiting = new Map<string, OfflineReplica>()
  #delayMs = FIRST_DELAY_MS
  #lastTriedMs = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(parts: LogRevivalParts) {
    this.#parts = parts
  }

  add(key: string, replica: OfflineReplica): void {
    this.#waiting.set(key, replica)
    if (this.#timer !== undefined) return
    if (this.#parts.monotonicMs() - this.#lastTriedMs > LASTING_MS) this.#delayMs = FIRST_DELAY_MS
    this.#startRound()
  }

  forget(key: string): void {
    this.#waiting.delete(key)
    if (this.#waiting.size === 0) this.stop()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #startRound(): void {
    this.#timer = this.#parts.timers.after(this.#delayMs, () => {
      if (!this.#parts.hasRoom()) return this.#startRound()
      this.#delayMs = Math.min(this.#delayMs * 2, DELAY_MS_MAX)
      this.#reviveNext([...this.#waiting].values())
    })
  }

  #reviveNext(round: IterableIterator<readonly [string, OfflineReplica]>): void {
    const { timers, monotonicMs, revive } = this.#parts
    this.#timer = undefined
    const { value } = round.next()
    if (value === undefined) {
      if (this.#waiting.size > 0) this.#startRound()
      return
    }
    const [key, replica] = value
    // What fails again while it is opened is reported, and waits anew.
    this.#timer = timers.after(BETWEEN_LOGS_MS, () => this.#reviveNext(round))
    this.#lastTriedMs = monotonicMs()
    if (this.#waiting.has(key) && revive(replica)) this.#waiting.delete(key)
  }
}
