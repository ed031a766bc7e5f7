import type { Sample } from '../autoscaler/forecast.ts'

/** A cluster's load over the last day and a little more, one number per period: small enough for thousands of clusters. */
export class LoadHistory {
  readonly #periodMs: number
  /** By the period's number modulo the length; NaN where nothing was measured. */
  readonly #loads: Float32Array
  #lastPeriod = -1

  constructor(periodMs: number, keepMs = KEEP_MS) {
    this.#periodMs = periodMs
    this.#loads = new Float32Array(Math.min(PERIODS_MAX, Math.ceil(keepMs / periodMs))).fill(Number.NaN)
  }

  add(atMs: number, load: number): void {
    const period = Math.floor(atMs / this.#periodMs)
    if (period < this.#lastPeriod) return
    const { length } = this.#loads
    const skipped = this.#lastPeriod < 0 ? 0 : Math.min(period - this.#lastPeriod - 1, length)
    for (let back = 1; back <= skipped; back++) this.#loads[(period - back) % length] = Number.NaN
    this.#loads[period % length] = load
    this.#lastPeriod = period
  }

  /** All that it knows, for another process to go on with. */
  encode(): EncodedLoads {
    const { buffer, byteOffset, byteLength } = this.#loads
    return {
      periodMs: this.#periodMs,
      lastPeriod: this.#lastPeriod,
      loads: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    }
  }

  /** Takes over what was encoded, if it was kept in the same way. */
  restore({ periodMs, lastPeriod, loads }: EncodedLoads): void {
    const bytes = Buffer.from(loads, 'base64')
    if (periodMs !== this.#periodMs || bytes.byteLength !== this.#loads.byteLength) return
    this.#loads.forEach((_, index) => {
      this.#loads[index] = bytes.readFloatLE(index * Float32Array.BYTES_PER_ELEMENT)
    })
    this.#lastPeriod = lastPeriod
  }

  /** By time. */
  samples(): Sample[] {
    const { length } = this.#loads
    const samples: Sample[] = []
    for (let period = Math.max(0, this.#lastPeriod - length + 1); period <= this.#lastPeriod; period++) {
      const load = this.#loads[period % length] ?? Number.NaN
      if (!Number.isNaN(load)) samples.push({ atMs: period * this.#periodMs, load })
    }
    return samples
  }
}

export interface EncodedLoads {
  readonly periodMs: number
  readonly lastPeriod: number
  readonly loads: string
}

/** The forecast looks at the same hours of the day before. */
const KEEP_MS = 26 * 60 * 60_000
const PERIODS_MAX = 1_600
