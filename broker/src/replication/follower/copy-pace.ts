import { Gate } from '../../runtime/codecs/gate.ts'

/**
 * How fast this broker copies replicas that are being added to it, from all leaders together. Nobody waits for them yet,
 * so they yield to what the brokers serve meanwhile, as LEDBAT does in a network (RFC 6817): an answer that takes longer
 * than it did at best has waited for a processor, a disk or a network that somebody else uses, here or at the leader.
 * Then the pace falls, and rises again with what comes in time: two or three delays a second keep it where it is. Slower
 * still: KIP-73's throttles.
 */

const MIB = 1024 * 1024
/** Two fifths of what an m5.large can receive all day (0.75 Gbit/s): its two processors have clients, too. */
const BYTES_PER_SECOND_MAX = 36 * MIB
/** However late answers are: a reassignment is to end. */
const BYTES_PER_SECOND_MIN = 16 * MIB
/** How much longer than at best an answer may take: with less, pauses that a busy machine always has would count. */
const LATE_MS = 25
const SLOWER = 0.7
/** One delay is felt by all answers that are under way. */
const SLOWER_EVERY_MS = 50
/** What was best is forgotten after twice this time: leaders and networks change. */
const BEST_WITHIN_MS = 10_000

export class CopyPace {
  /** Of copies, one at a time: the threads that flush have other work, too. */
  readonly flushes = new Gate(1)
  readonly #monotonicMs: () => number
  #bytesPerSecond = BYTES_PER_SECOND_MIN
  /** When as much could have come as did come. */
  #evenAtMs = 0
  #bestMs = Number.POSITIVE_INFINITY
  #bestBeforeMs = Number.POSITIVE_INFINITY
  #bestSinceMs = 0
  #slowedAtMs = Number.NEGATIVE_INFINITY

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  record(sizeBytes: number): void {
    const sinceMs = Math.max(this.#evenAtMs, this.#monotonicMs())
    this.#evenAtMs = sinceMs + (sizeBytes * 1000) / this.#bytesPerSecond
  }

  /** An answer that did not wait for its records took so long, from being asked for until it was taken over. */
  answered(elapsedMs: number, sizeBytes: number): void {
    this.#remember(elapsedMs)
    const isLate = elapsedMs > Math.min(this.#bestMs, this.#bestBeforeMs) + LATE_MS
    if (isLate) this.#slowDown()
    // Left alone it doubles within a second, whatever it is.
    else this.#bytesPerSecond = Math.min(BYTES_PER_SECOND_MAX, this.#bytesPerSecond + sizeBytes)
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  /** How long to wait before more is asked for. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#evenAtMs - this.#monotonicMs()))
  }

  #slowDown(): void {
    const nowMs = this.#monotonicMs()
    if (nowMs - this.#slowedAtMs < SLOWER_EVERY_MS) return
    this.#slowedAtMs = nowMs
    this.#bytesPerSecond = Math.max(BYTES_PER_SECOND_MIN, this.#bytesPerSecond * SLOWER)
  }

  #remember(elapsedMs: number): void {
    const nowMs = this.#monotonicMs()
    if (nowMs - this.#bestSinceMs >= BEST_WITHIN_MS) {
      this.#bestBeforeMs = this.#bestMs
      this.#bestMs = Number.POSITIVE_INFINITY
      this.#bestSinceMs = nowMs
    }
    this.#bestMs = Math.min(this.#bestMs, elapsedMs)
  }
}
