/** Which throttles are in force, and what they were for: what Kafka calls the queue of throttled requests. */
const MEMORY_MAX = 10_000
/** A full memory is searched for what is over no more often. */
const SEARCH_MS = 100

export class ThrottledClients {
  #untilMs: number[] = []
  #amount = 0
  #searchedMs = Number.NEGATIVE_INFINITY

  /** All that clients were throttled for. */
  get amount(): number {
    return this.#amount
  }

  add(amount: number, throttleMs: number, nowMs: number): void {
    this.#amount += amount
    if (this.#untilMs.length >= MEMORY_MAX && nowMs - this.#searchedMs >= SEARCH_MS) this.#forget(nowMs)
    if (this.#untilMs.length < MEMORY_MAX) this.#untilMs.push(nowMs + throttleMs)
  }

  /** At most 10,000. */
  count(nowMs: number): number {
    this.#forget(nowMs)
    return this.#untilMs.length
  }

  #forget(nowMs: number): void {
    this.#searchedMs = nowMs
    this.#untilMs = this.#untilMs.filter((untilMs) => untilMs > nowMs)
  }
}
