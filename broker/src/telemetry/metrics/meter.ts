/** How often something happens: a count, and rates that weigh the last minutes most, as the meters of Kafka's JMX. */
const TICK_MS = 5000
const MINUTES = [1, 5, 15] as const

export class Meter {
  readonly #startedMs: number
  readonly #rates = [0, 0, 0]
  #count = 0
  #unticked = 0
  #tickedMs: number
  #isFirst = true

  constructor(nowMs: number) {
    this.#startedMs = nowMs
    this.#tickedMs = nowMs
  }

  mark(amount: number): void {
    this.#count += amount
    this.#unticked += amount
  }

  get count(): number {
    return this.#count
  }

  /** To be called at least every few seconds, and before the rates are read. */
  tick(nowMs: number): void {
    const ticks = Math.floor((nowMs - this.#tickedMs) / TICK_MS)
    if (ticks <= 0) return
    this.#tickedMs += ticks * TICK_MS
    const perSecond = (this.#unticked * 1000) / (ticks * TICK_MS)
    this.#unticked = 0
    MINUTES.forEach((minutes, at) => {
      const kept = Math.exp((-TICK_MS * ticks) / (minutes * 60_000))
      this.#rates[at] = this.#isFirst ? perSecond : perSecond + kept * ((this.#rates[at] ?? 0) - perSecond)
    })
    this.#isFirst = false
  }

  attributes(nowMs: number): [string, number][] {
    this.tick(nowMs)
    const elapsedSeconds = (nowMs - this.#startedMs) / 1000
    const [one = 0, five = 0, fifteen = 0] = this.#rates
    return [
      ['Count', this.#count],
      ['MeanRate', elapsedSeconds > 0 ? this.#count / elapsedSeconds : 0],
      ['OneMinuteRate', one],
      ['FiveMinuteRate', five],
      ['FifteenMinuteRate', fifteen],
    ]
  }
}
