/** Ratios of medians: a table for the terminal with the numbers behind them, and a page with the ratios alone. */
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
}

interface Row {
  readonly title: string
  readonly metric: string
  readonly freshet: number
  readonly apache: number | undefined
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

export function printTable(results: readonly Measured[]): void {
  const rows = rowsOf(results)
  console.log(
    `\n${'case'.padEnd(58)}${'metric'.padEnd(32)}${'Freshet'.padStart(10)}${'Kafka'.padStart(10)}${'ratio'.padStart(8)}`,
  )
  for (const { title, metric, freshet, apache } of rows) {
    const kafka = apache === undefined ? '-' : number(apache)
    const ratio = apache === undefined ? '-' : (freshet / apache).toFixed(2)
    console.log(
      `${title.padEnd(58)}${metric.padEnd(32)}${number(freshet).padStart(10)}${kafka.padStart(10)}${ratio.padStart(8)}`,
    )
  }
}

/** Replaces docs/benchmarks.md. */
export function writePage(
  results: readonly Measured[],
  repetitions: number,
  skipped: readonly string[],
): void {
  const rows = rowsOf(results).filter((row) => row.apache !== undefined)
  const lines = rows.map(
    ({ title, metric, freshet, apache }) =>
      `| ${title} | ${metric} | ${(freshet / (apache ?? Number.NaN)).toFixed(2)} |`,
  )
  const page = [
    '# Benchmarks',
    '',
    'Freshet divided by Apache Kafka 4.3.1: one broker each, replication factor 1, 12 partitions, the same work in turn',
    `in one run on one machine, medians of ${repetitions}. Below 1 is better for times, memory and CPU, above 1 for MB/s.`,
    'Written by `npm run bench`, which prints the absolute numbers too; they say more about the machine than about the',
    'brokers.',
    '',
    `Commit ${commit()}.`,
    '',
    '| work | measure | Freshet / Kafka |',
    '|---|---|---|',
    ...lines,
    ...(skipped.length > 0 ? ['', `Not run: ${skipped.join('; ')}.`] : []),
    '',
  ]
  writeFileSync(join(root, 'docs', 'benchmarks.md'), page.join('\n'))
}

function rowsOf(results: readonly Measured[]): Row[] {
  return results.flatMap(({ title, results: names, freshet, apache }) =>
    names.map((name) => {
      const ours = medianOf(freshet, name)
      if (ours === undefined) throw new Error(`${title} was not measured: ${name}`)
      return { title, metric: metricNames[name] ?? name, freshet: ours, apache: medianOf(apache, name) }
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
