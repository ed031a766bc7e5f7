/**
 * How values are spread, in buckets that are never wider than an eighth of their value: recording is one index and one
 * addition, and no value is kept. Two generations of some minutes each forget what is old.
 */
const STEPS_PER_DOUBLING = 8
/** From 2^-10 (a microsecond, if values are milliseconds) to 2^30. */
const EXPONENT_MIN = -10
const EXPONENT_MAX = 30
const BUCKETS = (EXPONENT_MAX - EXPONENT_MIN) * STEPS_PER_DOUBLING
const GENERATION_MS = 150_000

const QUANTILES: readonly (readonly [name: string, quantile: number])[] = [
  ['50thPercentile', 0.5],
  ['75thPercentile', 0.75],
  ['95thPercentile', 0.95],
  ['98thPercentile', 0.98],
  ['99thPercentile', 0.99],
  ['999thPercentile', 0.999],
]

export class Histogram {
  #count = 0
  #sum = 0
  #max = 0
  /** Most APIs are never used: their buckets are never made. */
  #current: Uint32Array | undefined
  #previous: Uint32Array | undefined
  #sinceMs = 0

  record(value: number): void {
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
    this.#current ??= new Uint32Array(BUCKETS)
    const bucket = bucketOf(value)
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1
  }

  get count(): number {
    return this.#count
  }

  /** To be called every now and then: values of two generations ago do not count in the percentiles any more. */
  tick(nowMs: number): void {
    if (nowMs - this.#sinceMs < GENERATION_MS) return
    this.#sinceMs = nowMs
    this.#previous = this.#current
    this.#current = undefined
  }

  attributes(nowMs: number): [string, number][] {
    this.tick(nowMs)
    return [
      ['Count', this.#count],
      ['Max', this.#max],
      ['Mean', this.#count === 0 ? 0 : this.#sum / this.#count],
      ...this.#percentiles(),
    ]
  }

  #percentiles(): [string, number][] {
    const counts = new Array<number>(BUCKETS).fill(0)
    for (const generation of [this.#previous, this.#current])
      generation?.forEach((count, at) => {
        counts[at] = (counts[at] ?? 0) + count
      })
    const total = counts.reduce((sum, count) => sum + count, 0)
    let seen = 0
    let bucket = 0
    return QUANTILES.map(([name, quantile]) => {
      if (total === 0) return [name, 0]
      while (bucket < BUCKETS - 1 && seen + (counts[bucket] ?? 0) < quantile * total)
        seen += counts[bucket++] ?? 0
      return [name, Math.min(upperEdge(bucket), this.#max)]
    })
  }
}

function bucketOf(value: number): number {
  if (!(value > 0)) return 0
  const exact = (Math.log2(value) - EXPONENT_MIN) * STEPS_PER_DOUBLING
  return Math.min(BUCKETS - 1, Math.max(0, Math.floor(exact)))
}

function upperEdge(bucket: number): number {
  return 2 ** ((bucket + 1) / STEPS_PER_DOUBLING + EXPONENT_MIN)
}
