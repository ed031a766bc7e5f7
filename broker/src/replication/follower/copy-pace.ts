/**
 * How fast this broker copies replicas that are being added to it, from all leaders together. Nobody waits for them yet,
 * so they yield to what the brokers serve meanwhile, as LEDBAT does in a network (RFC 6817): an answer that takes longer
 * than it did at best has waited for a processor, a disk or a network that somebody else uses, here or at the leader.
 * Then the pace falls at once, and rises again with each answer that is not late. Slower still: KIP-73's throttles.
 */

const MIB = 1024 * 1024
/** Half of what the smallest instance with a network of its own can receive all day. */
const BYTES_PER_SECOND_MAX = 64 * MIB
/** However late answers are: a reassignment is to end. */
const BYTES_PER_SECOND_MIN = 8 * MIB
const BYTES_PER_SECOND_AT_FIRST = 16 * MIB
/** How much longer than at best an answer may take. */
const LATE_MS = 10
const SLOWER = 0.75
const FASTER_BYTES_PER_SECOND = MIB
/** What was best is forgotten after twice this time: leaders and networks change. */
const BEST_WITHIN_MS = 10_000

export class CopyPace {
  readonly #monotonicMs: () => number
  #bytesPerSecond = BYTES_PER_SECOND_AT_FIRST
  /** When as much could have come as did come. */
  #evenAtMs = 0
  #bestMs = Number.POSITIVE_INFINITY
  #bestBeforeMs = Number.POSITIVE_INFINITY
  #bestSinceMs = 0

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  record(sizeBytes: number): void {
    const sinceMs = Math.max(this.#evenAtMs, this.#monotonicMs())
    this.#evenAtMs = sinceMs + (sizeBytes * 1000) / this.#bytesPerSecond
  }

  /** An answer took so long, from being asked for until it was taken over, that did not wait for records to come. */
  answered(elapsedMs: number): void {
    this.#remember(elapsedMs)
    const isLate = elapsedMs > Math.min(this.#bestMs, this.#bestBeforeMs) + LATE_MS
    const wanted = isLate ? this.#bytesPerSecond * SLOWER : this.#bytesPerSecond + FASTER_BYTES_PER_SECOND
    this.#bytesPerSecond = Math.min(BYTES_PER_SECOND_MAX, Math.max(BYTES_PER_SECOND_MIN, wanted))
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  /** How long to wait before more is asked for. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#evenAtMs - this.#monotonicMs()))
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
