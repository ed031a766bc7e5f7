/** Ratios of medians: a table for the terminal with the numbers behind them. */
import type { Metrics } from './cases.ts'

export interface Measured {
  readonly title: string
  readonly results: readonly string[]
  readonly freshet: readonly Metrics[]
  /** Empty when Apache Kafka did not run. */
  readonly apache: readonly Metrics[]
  /** What each result is to be. */
  readonly targets?: Readonly<Record<string, string>>
}

export interface Row {
  readonly title: string
  readonly metric: string
  readonly freshet: number
  readonly apache: number | undefined
  readonly target: string
}

/** What each metric is called. */
const metricNames: Readonly<Record<string, string>> = {
  readyAfterMs: 'spawn to first Metadata answer',
  idleMegabytes: 'RSS idle',
  loadedMegabytes: 'RSS after load',
  megabytesPerSecond: 'MB/s',
  cpuSecondsPerGigabyte: 'broker CPU-s per GB',
  cpuMicrosPerRequest: 'broker CPU per request',
  p50Ms: 'p50 latency',
  p99Ms: 'p99 latency',
}

/** Of cases on clusters, where the same metric means something else, and figures need their units. */
const clusterMetricNames: Readonly<Record<string, string>> = {
  megabytesPerSecond: 'MB/s',
  cpuSecondsPerGigabyte: 'CPU-s per GB, all brokers',
  residentMegabytes: 'RSS, MB',
  cpuPercent: 'CPU, % of a core',
  p50Ms: 'p50 latency, ms',
  p99Ms: 'p99, ms',
  medianMs: 'median, ms',
  controllerMedianMs: 'median where it was the controller, ms',
  refusedWrites: 'errors that are not retriable',
  lostRecords: 'acknowledged records lost',
  longestGapMs: 'longest gap between acknowledgements, ms',
  seconds: 'whole, s',
  createdSeconds: 'created, s',
  restartedSeconds: 'restarted after a clean stop, s',
  killedSeconds: 'restarted after kill -9, s',
}

export function printTable(results: readonly Measured[]): void {
  const rows = rowsOf(results)
  console.log(
    `\n${'case'.padEnd(58)}${'metric'.padEnd(32)}${'Freshet'.padStart(10)}${'Kafka'.padStart(10)}${'ratio'.padStart(8)}`,
  )
  for (const { title, metric, freshet, apache } of rows) {
    const kafka = apache === undefined ? '-' : number(apache)
    console.log(
      `${title.slice(0, 56).padEnd(58)}${metric.slice(0, 30).padEnd(32)}${number(freshet).padStart(10)}${kafka.padStart(10)}${ratioOf(freshet, apache).padStart(8)}`,
    )
  }
}

export function rowsOf(results: readonly Measured[]): Row[] {
  return results.flatMap(({ title, results: names, targets, freshet, apache }) =>
    names.map((name) => {
      const ours = medianOf(freshet, name)
      if (ours === undefined) throw new Error(`${title} was not measured: ${name}`)
      const metric = (targets === undefined ? metricNames : clusterMetricNames)[name] ?? name
      return { title, metric, freshet: ours, apache: medianOf(apache, name), target: targets?.[name] ?? '' }
    }),
  )
}

function medianOf(runs: readonly Metrics[], name: string): number | undefined {
  const values = runs.flatMap((run) => run[name] ?? []).sort((a, b) => a - b)
  const middle = Math.floor(values.length / 2)
  if (values.length % 2 === 1) return values[middle]
  const [low, high] = [values[middle - 1], values[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

export function ratioOf(freshet: number, apache: number | undefined): string {
  return apache === undefined || apache === 0 ? '-' : (freshet / apache).toFixed(2)
}
