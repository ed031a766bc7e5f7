/**
 * How fast this broker copies replicas that are being added to it, from all leaders together. As fast as it can would
 * take processors, disk and network from what the brokers serve meanwhile; slower still: KIP-73's throttles.
 */

/** Half of what the smallest instance with a network of its own can receive all day. */
const BYTES_PER_SECOND_MAX = 64 * 1024 * 1024

export class CopyPace {
  readonly #monotonicMs: () => number
  /** When as much could have come as did come. */
  #evenAtMs = 0

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  record(sizeBytes: number): void {
    const sinceMs = Math.max(this.#evenAtMs, this.#monotonicMs())
    this.#evenAtMs = sinceMs + (sizeBytes * 1000) / BYTES_PER_SECOND_MAX
  }

  /** How long to wait before more is asked for. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#evenAtMs - this.#monotonicMs()))
  }
}
