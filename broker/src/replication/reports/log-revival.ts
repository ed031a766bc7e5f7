/**
 * Tries from time to time whether logs that went offline for want of room can be opened again: one log after the other,
 * so that nobody waits for them, and ever more rarely while that does not last.
 */
import type { Timer, Timers } from '../../runtime/types.ts'
import type { Sliced } from '../../storage/index.ts'
import type { OfflineReplica } from './offline-reporter.ts'

export interface LogRevivalParts {
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly hasRoom: () => boolean
  /** True if the replica works again, or is no more to be waited for. Given up if it is forgotten meanwhile. */
  readonly revive: (replica: OfflineReplica) => Sliced<boolean>
}

const FIRST_DELAY_MS = 1000
const DELAY_MS_MAX = 30_000
const BETWEEN_SLICES_MS = 5
const SLICE_MS = 3
/** A log that was online for so long went offline for a reason of its own. */
const LASTING_MS = 60_000

type Round = IterableIterator<readonly [string, OfflineReplica]>

interface Revived {
  readonly key: string
  readonly replica: OfflineReplica
  readonly work: Sliced<boolean>
}

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

  #reviveNext(round: Round): void {
    this.#timer = undefined
    const { value } = round.next()
    if (value === undefined) {
      if (this.#waiting.size > 0) this.#startRound()
      return
    }
    const [key, replica] = value
    this.#revive({ key, replica, work: this.#parts.revive(replica) }, round)
  }

  /** For a few milliseconds: others have their turn while a long log is opened. */
  #revive(revived: Revived, round: Round): void {
    const { timers, monotonicMs } = this.#parts
    let isDone = false
    // What fails again while it is opened is reported, and waits anew: not before this round is over.
    this.#timer = timers.after(BETWEEN_SLICES_MS, () =>
      isDone ? this.#reviveNext(round) : this.#revive(revived, round),
    )
    this.#lastTriedMs = monotonicMs()
    const untilMs = this.#lastTriedMs + SLICE_MS
    do isDone = this.#isDone(revived)
    while (!isDone && monotonicMs() < untilMs)
  }

  #isDone({ key, replica, work }: Revived): boolean {
    if (this.#waiting.get(key) !== replica) return true
    const step = work.next()
    if (step.done && step.value) this.#waiting.delete(key)
    return step.done ?? false
  }
}
