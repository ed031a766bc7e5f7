/**
 * A rate over the last `quota.window.num` windows of `quota.window.size.seconds` each, as Kafka measures it: what was
 * recorded in the windows that are kept, divided by the time they cover. A rate that is new is measured as if all
 * windows but the current one had passed, so that it is not overestimated.
 */
interface Sample {
  readonly startMs: number
  lastEventMs: number
  sum: number
}

export interface RateWindows {
  readonly count: number
  readonly sizeMs: number
}

export class SampledRate {
  readonly #windows: RateWindows
  readonly #samples: Sample[] = []

  constructor(windows: RateWindows) {
    this.#windows = windows
  }

  record(amount: number, nowMs: number): void {
    let current = this.#samples.at(-1)
    if (current === undefined || nowMs - current.startMs >= this.#windows.sizeMs) {
      current = { startMs: nowMs, lastEventMs: nowMs, sum: 0 }
      this.#samples.push(current)
      this.#dropOld(nowMs)
    }
    current.lastEventMs = nowMs
    current.sum += amount
  }

  perSecond(nowMs: number): number {
    this.#dropOld(nowMs)
    let sum = 0
    for (const sample of this.#samples) sum += sample.sum
    return (sum / this.coveredMs(nowMs)) * 1000
  }

  /** The time that the rate is measured over. */
  coveredMs(nowMs: number): number {
    const { count, sizeMs } = this.#windows
    const elapsedMs = nowMs - (this.#samples[0]?.startMs ?? nowMs)
    const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / sizeMs))
    return Math.max(elapsedMs + missing * sizeMs, sizeMs)
  }

  /** How long nothing more must come until the rate is `limitPerSecond` again; 0 if it is not above. */
  throttleMs(limitPerSecond: number, nowMs: number): number {
    const rate = this.perSecond(nowMs)
    if (rate <= limitPerSecond) return 0
    return Math.round(((rate - limitPerSecond) / limitPerSecond) * this.coveredMs(nowMs))
  }

  #dropOld(nowMs: number): void {
    const oldestMs = nowMs - this.#windows.count * this.#windows.sizeMs
    while (this.#samples.length > 0 && (this.#samples[0] as Sample).lastEventMs <= oldestMs) {
      this.#samples.shift()
    }
  }
}
