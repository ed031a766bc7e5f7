/** docs/benchmarks.md: sections, each replaced when what it tells of has run. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Measured, number, ratioOf, rowsOf } from './report.ts'

export const parts = ['brokers', 'clusters'] as const
export type Part = (typeof parts)[number]

export interface Results {
  readonly measured: ReadonlyMap<Part, readonly Measured[]>
  readonly repetitions: number
  /** What could not be measured here, and why. */
  readonly notRun: readonly string[]
}

const root = join(import.meta.dirname, '..', '..')
const file = join(root, 'docs', 'benchmarks.md')

const introduction = [
  '# Benchmarks',
  '',
  'Freshet and Apache Kafka 4.3.1 with the same work in one run on one machine, written by `npm run bench`, which',
  'prints every number. The absolute numbers depend on the machine, on which brokers and clients share two cores; the',
  'ratios much less. A target with a × is one of the ratio.',
]

/** In the order of the page. */
const headings = {
  brokers: '## One broker each',
  clusters: '## Clusters',
  controlPlane: '## The control plane',
  localstack: '## A deployment on LocalStack',
}
export type Section = keyof typeof headings

export function writePage(results: Results): void {
  for (const [part, measured] of results.measured) writeSection(part, linesOf(part, measured, results))
}

/** The other sections stay as they are. */
export function writeSection(section: Section, lines: readonly string[]): void {
  const before = readFileSync(file, 'utf8')
  const written = [headings[section], '', ...lines, '', `Commit ${commit()}.`].join('\n')
  const sections = Object.entries(headings).map(([name, heading]) =>
    name === section ? written : sectionUnder(heading, before),
  )
  const whole = [introduction.join('\n'), ...sections.filter((text) => text !== '')]
  writeFileSync(file, `${whole.join('\n\n')}\n`)
}

function sectionUnder(heading: string, page: string): string {
  const start = page.indexOf(heading)
  if (start < 0) return ''
  const end = page.indexOf('\n## ', start)
  return page.slice(start, end < 0 ? page.length : end).trim()
}

function linesOf(part: Part, measured: readonly Measured[], { repetitions, notRun }: Results): string[] {
  const lines = part === 'brokers' ? brokerLines(repetitions) : clusterLines
  const missing = notRun.length > 0 ? ['', `Not measured: ${notRun.join('; ')}.`] : []
  return [...lines, '', ...tableOf(measured), ...missing]
}

function brokerLines(repetitions: number): string[] {
  return [
    `Replication factor 1, 12 partitions, the same work in turn, medians of ${repetitions}. Memory is warm, as on`,
    'a machine that has been up for long, and what is measured ends before the system writes back.',
  ]
}

const clusterLines = [
  'Three brokers, replication factor 3, `min.insync.replicas=2`, acks=all, unless it says otherwise; Kafka has three',
  'combined nodes with 512 MB of heap each. First all of Freshet, then all of Kafka, whose leaders are killed fewer',
  'times. Throughput and latency are those of brokers that have done the same work before, with memory as above.',
]

function tableOf(measured: readonly Measured[]): string[] {
  return [
    '| work | measure | Freshet | Kafka | Freshet / Kafka | target | |',
    '|---|---|---|---|---|---|---|',
    ...rowsOf(measured).map(({ title, metric, freshet, apache, target, verdict }) => {
      const kafka = apache === undefined ? '-' : number(apache)
      return `| ${title} | ${metric} | ${number(freshet)} | ${kafka} | ${ratioOf(freshet, apache)} | ${target} | ${verdict} |`
    }),
  ]
}

function commit(): string {
  const run = (args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
  const dirty =
    run(['status', '--porcelain', '--untracked-files=no']) === '' ? '' : ' with uncommitted changes'
  return `${run(['rev-parse', '--short', 'HEAD']) || 'none yet'}${dirty}`
}
