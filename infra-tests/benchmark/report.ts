/** Ratios of medians: a table for the terminal with the numbers behind them. */
import type { Metrics } from './broker/case.ts'
import { type Goals, noGoal } from './goals.ts'

export interface Measured {
  readonly title: string
  readonly goals: Goals
  readonly freshet: readonly Metrics[]
  /** Empty when Apache Kafka did not run. */
  readonly apache: readonly Metrics[]
}

export interface Row {
  readonly title: string
  readonly metric: string
  readonly freshet: number
  readonly apache: number | undefined
  /** What the figure is to be, and whether it is; both empty where nothing is demanded. */
  readonly target: string
  readonly verdict: string
}

/** What each metric is called. */
const metricNames: Readonly<Record<string, string>> = {
  readyAfterMs: 'spawn to first Metadata answer, ms',
  idleMegabytes: 'RSS idle, MB',
  loadedMegabytes: 'RSS after load, MB',
  megabytesPerSecond: 'MB/s',
  cpuSecondsPerGigabyte: 'CPU-s per GB, all brokers',
  cpuMicrosPerRequest: 'CPU per request, µs',
  requestsPerSecond: 'requests/s',
  timesQuietP99: 'p99, as a multiple of its own without that',
  quietP99Ms: 'p99 of its own without that, ms',
  bystanderP99Ms: 'p99 meanwhile at a Freshet broker that has nothing else to do, ms',
  largeBatchesMs: '250 KB batches, ms',
  smallBatchesMs: '16 KB batches, ms',
  writtenBackMs: '250 KB batches while the system writes back, ms',
  unbatchedMs: '64 connections, unbatched, ms',
  fetchesMs: '1 MiB fetches, ms',
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
    `\n${'case'.padEnd(58)}${'metric'.padEnd(32)}${'Freshet'.padStart(10)}${'Kafka'.padStart(10)}${'ratio'.padStart(8)}  target`,
  )
  for (const { title, metric, freshet, apache, target, verdict } of rows) {
    const kafka = apache === undefined ? '-' : number(apache)
    console.log(
      `${title.slice(0, 56).padEnd(58)}${metric.slice(0, 30).padEnd(32)}${number(freshet).padStart(10)}${kafka.padStart(10)}${ratioOf(freshet, apache).padStart(8)}  ${target} ${verdict}`,
    )
  }
}

export function rowsOf(results: readonly Measured[]): Row[] {
  return results.flatMap((measured) => Object.keys(measured.goals).map((name) => rowOf(measured, name)))
}

function rowOf({ title, goals, freshet, apache }: Measured, name: string): Row {
  const goal = goals[name] ?? noGoal
  const ours = medianOf(freshet, name)
  if (ours === undefined) throw new Error(`${title} was not measured: ${name}`)
  const theirs = medianOf(apache, name)
  const isMet = goal.isMet(ours, theirs)
  const verdict = isMet === undefined ? '' : isMet ? 'met' : 'missed'
  return {
    title,
    metric: metricNames[name] ?? name,
    freshet: ours,
    apache: theirs,
    target: goal.text,
    verdict,
  }
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
