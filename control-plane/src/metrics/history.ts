import type { MetricPoint } from './msk/points.ts'

/**
 * The last hour of every metric, in this process: what a console shows where there is no CloudWatch. Bounded; what
 * does not fit is counted, and told.
 */
export class MetricHistory {
  readonly #limits: HistoryLimits
  readonly #clusters = new Map<string, Map<string, Series>>()
  #seriesCount = 0
  #dropped = 0

  constructor(limits: HistoryLimits = LIMITS) {
    this.#limits = limits
  }

  /** Points of metrics that found no room since the start. */
  get dropped(): number {
    return this.#dropped
  }

  add(clusterUuid: string, atMs: number, points: readonly MetricPoint[]): void {
    const known = this.#clusters.get(clusterUuid) ?? new Map<string, Series>()
    this.#clusters.set(clusterUuid, known)
    this.#forgetOld(known, atMs)
    for (const point of points) {
      const series = this.#seriesOf(known, point)
      if (series === undefined) this.#dropped++
      else series.add(atMs, point.value)
    }
  }

  /** All series of a cluster, or those of one metric. */
  read(clusterUuid: string, name?: string): SeriesRead[] {
    const all = [...(this.#clusters.get(clusterUuid)?.values() ?? [])]
    return all.filter((series) => name === undefined || series.name === name).map((series) => series.read())
  }

  /** Forgets all clusters but these. */
  keep(clusterUuids: ReadonlySet<string>): void {
    for (const [clusterUuid, series] of this.#clusters) {
      if (clusterUuids.has(clusterUuid)) continue
      this.#seriesCount -= series.size
      this.#clusters.delete(clusterUuid)
    }
  }

  #seriesOf(known: Map<string, Series>, { name, dimensions, unit }: MetricPoint): Series | undefined {
    const key = `${name}\n${Object.values(dimensions).join('\n')}`
    const found = known.get(key)
    if (found !== undefined) return found
    const { seriesMax, seriesPerClusterMax, pointsMax } = this.#limits
    if (this.#seriesCount >= seriesMax || known.size >= seriesPerClusterMax) return undefined
    const series = new Series({ name, dimensions, unit }, pointsMax)
    known.set(key, series)
    this.#seriesCount++
    return series
  }

  /** A topic or group that is gone takes no room for longer than its points are of use. */
  #forgetOld(known: Map<string, Series>, nowMs: number): void {
    for (const [key, series] of known) {
      if (nowMs - series.lastMs <= this.#limits.keepMs) continue
      known.delete(key)
      this.#seriesCount--
    }
  }
}

export interface HistoryLimits {
  readonly seriesMax: number
  readonly seriesPerClusterMax: number
  readonly pointsMax: number
  readonly keepMs: number
}

export interface SeriesRead extends Omit<MetricPoint, 'value'> {
  /** The oldest first. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[]
}

const LIMITS: HistoryLimits = {
  seriesMax: 20_000,
  seriesPerClusterMax: 2_000,
  pointsMax: 60,
  keepMs: 60 * 60_000,
}

class Series {
  readonly #metric: Omit<MetricPoint, 'value'>
  readonly #times: Float64Array
  readonly #values: Float64Array
  #count = 0

  constructor(metric: Omit<MetricPoint, 'value'>, pointsMax: number) {
    this.#metric = metric
    this.#times = new Float64Array(pointsMax)
    this.#values = new Float64Array(pointsMax)
  }

  get name(): string {
    return this.#metric.name
  }

  get lastMs(): number {
    return this.#times[(this.#count - 1) % this.#times.length] ?? 0
  }

  add(atMs: number, value: number): void {
    const at = this.#count++ % this.#times.length
    this.#times[at] = atMs
    this.#values[at] = value
  }

  read(): SeriesRead {
    const length = Math.min(this.#count, this.#times.length)
    const points = Array.from({ length }, (_, index) => {
      const at = (this.#count - length + index) % this.#times.length
      return { atMs: this.#times[at] ?? 0, value: this.#values[at] ?? 0 }
    })
    return { ...this.#metric, points }
  }
}
