/** Ratios of medians: a table for the terminal with the numbers behind them, and docs/benchmarks.md. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

export interface Results {
  readonly ofOneBroker: readonly Measured[]
  readonly ofClusters: readonly Measured[]
  readonly repetitions: number
  /** What could not be measured here, and why. */
  readonly skipped: readonly string[]
}

interface Row {
  readonly title: string
  readonly metric: string
  readonly freshet: number
  readonly apache: number | undefined
  readonly target: string
}

const root = join(import.meta.dirname, '..', '..')

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
  kills: 'kills',
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

/** Replaces docs/benchmarks.md. */
export function writePage({ ofOneBroker, ofClusters, repetitions, skipped }: Results): void {
  const page = [
    '# Benchmarks',
    '',
    'Freshet and Apache Kafka 4.3.1 with the same work in one run on one machine, written by `npm run bench`, which',
    'prints every number. Ratios are Freshet divided by Kafka: below 1 is better for times, memory and CPU, above 1 for',
    'MB/s.',
    '',
    `Commit ${commit()}.`,
    '',
    '## One broker each',
    '',
    `Replication factor 1, 12 partitions, in turn, medians of ${repetitions}.`,
    '',
    '| work | measure | Freshet / Kafka |',
    '|---|---|---|',
    ...rowsOf(ofOneBroker).map(
      ({ title, metric, freshet, apache }) => `| ${title} | ${metric} | ${ratioOf(freshet, apache)} |`,
    ),
    '',
    '## Clusters',
    '',
    'Three brokers, replication factor 3, `min.insync.replicas=2`, acks=all, unless it says otherwise; Kafka has three',
    'combined nodes with 512 MB of heap each. First all of Freshet, then all of Kafka. The absolute numbers depend on the',
    'machine, on which brokers and clients share two cores.',
    '',
    '| work | measure | target | Freshet | Kafka | Freshet / Kafka |',
    '|---|---|---|---|---|---|',
    ...rowsOf(ofClusters).map(
      ({ title, metric, target, freshet, apache }) =>
        `| ${title} | ${metric} | ${target} | ${number(freshet)} | ${apache === undefined ? '-' : number(apache)} | ${ratioOf(freshet, apache)} |`,
    ),
    ...(skipped.length > 0 ? ['', `Not run: ${skipped.join('; ')}.`] : []),
    '',
  ]
  writeFileSync(join(root, 'docs', 'benchmarks.md'), page.join('\n'))
}

function rowsOf(results: readonly Measured[]): Row[] {
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

function commit(): string {
  const run = (args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
  const dirty =
    run(['status', '--porcelain', '--untracked-files=no']) === '' ? '' : ' with uncommitted changes'
  return `${run(['rev-parse', '--short', 'HEAD']) || 'none yet'}${dirty}`
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

function ratioOf(freshet: number, apache: number | undefined): string {
  return apache === undefined || apache === 0 ? '-' : (freshet / apache).toFixed(2)
}
