import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { LoadShape } from '../../../control-plane/src/testing/load-shapes.ts'
import { SIMULATED_CAPACITY } from '../../../control-plane/src/testing/scaling-simulation.ts'

/**
 * Loads that somebody recorded. The files are others' work and no part of this repository: each is fetched once into
 * .cache/recorded-loads, and must be the very one that docs/scaling.md was written with. `FRESHET_RECORDED_LOADS=DIR`
 * names a folder that has them already.
 */
export interface RecordedLoad {
  readonly name: string
  readonly url: string
  readonly sha256: string
  /** From the beginning of the recording. */
  readonly days: number
  /** One number per minute. */
  readonly perMinute: (file: Buffer) => number[]
}

/** The Numenta Anomaly Benchmark, MIT licence. */
const NAB = 'https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140/data'
/** Counts taken from the log of NASA's web server, which may be freely redistributed. */
const WEB_SERVICES =
  'https://raw.githubusercontent.com/reconfigurable-ml-pipeline/web-service-datasets/7404ad6643602943511e75ab3095fb1ccc990fd1/dataset'

export const RECORDED_LOADS: readonly RecordedLoad[] = [
  {
    name: 'taxi rides in New York, July 2014',
    url: `${NAB}/realKnownCause/nyc_taxi.csv`,
    sha256: 'd8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d',
    days: 28,
    perMinute: (file) => betweenPoints(rowsOf(file), 30),
  },
  {
    name: 'requests to NASA’s web server, July 1995',
    url: `${WEB_SERVICES}/nasa/workload.tbz2`,
    sha256: '7fa62292d993dde1f278eaa039b50860203a86fbc93a8f92150a548191be4ded',
    days: 28,
    perMinute: (archive) => sums(countsOf(archive), 60),
  },
  {
    name: 'requests to a load balancer in AWS, April 2014',
    url: `${NAB}/realAWSCloudwatch/elb_request_count_8c0756.csv`,
    sha256: '74c26574a01ca9fb89dddb5021e2e13c3a93eb25dc640438a9acb1ceb00f1021',
    days: 14,
    perMinute: (file) => steps(rowsOf(file)),
  },
  {
    name: 'mentions of Amazon on Twitter, March 2015',
    url: `${NAB}/realTweets/Twitter_volume_AMZN.csv`,
    sha256: '234f5e63f19a62720dfb7ccfd6ecc8349b94d93b33ef8aafbdb17edda0b654f3',
    days: 28,
    perMinute: (file) => steps(rowsOf(file)),
  },
]

/** As a cluster's load: what was exceeded in one minute of a hundred is what fills eight brokers. */
export async function readRecordedLoad(load: RecordedLoad): Promise<LoadShape> {
  const values = load.perMinute(await fileOf(load)).slice(0, load.days * 24 * 60)
  const p99 = values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0
  if (values.length < load.days * 24 * 60 || p99 <= 0) throw new Error(`${load.url} is too short`)
  const unit = (PEAK_BROKERS * SIMULATED_CAPACITY) / p99
  return (minute) => (values[minute] ?? 0) * unit
}

const PEAK_BROKERS = 8

async function fileOf({ url, sha256 }: RecordedLoad): Promise<Buffer> {
  const folder =
    process.env.FRESHET_RECORDED_LOADS ?? join(import.meta.dirname, '../../../.cache/recorded-loads')
  const path = join(folder, basename(url))
  const file = existsSync(path) ? readFileSync(path) : await download(url)
  const found = createHash('sha256').update(file).digest('hex')
  if (found !== sha256) throw new Error(`${path} is another file than ${url}: its SHA-256 is ${found}`)
  mkdirSync(folder, { recursive: true })
  if (!existsSync(path)) writeFileSync(path, file)
  return file
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

interface Row {
  readonly minute: number
  readonly value: number
}

/** Lines of `2014-07-01 00:00:00,10844` behind a heading. */
function rowsOf(file: Buffer): Row[] {
  const [, ...lines] = file.toString('utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [time = '', value] = line.split(',')
    return { minute: Math.floor(Date.parse(`${time.replace(' ', 'T')}Z`) / 60_000), value: Number(value) }
  })
}

/** Requests in each second of an archive with one file of numbers. */
function countsOf(archive: Buffer): number[] {
  const text = execFileSync('tar', ['-xjO'], { input: archive, maxBuffer: 64 * 1024 * 1024 })
  return text.toString('utf8').trim().split(/\s+/).map(Number)
}

function sums(values: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size).reduce((sum, value) => sum + value, 0),
  )
}

/** The last number holds until the next one. */
function steps(rows: readonly Row[]): number[] {
  return rows.flatMap(({ minute, value }, index) => {
    const next = rows[index + 1]?.minute ?? minute + 1
    return Array.from({ length: next - minute }, () => value)
  })
}

/** Counts of half hours would make steps that nobody saw: the load goes from one to the next in a straight line. */
function betweenPoints(rows: readonly Row[], everyMinutes: number): number[] {
  return rows.flatMap(({ value }, index) => {
    const next = rows[index + 1]?.value ?? value
    return Array.from(
      { length: everyMinutes },
      (_, minute) => value + ((next - value) * minute) / everyMinutes,
    )
  })
}
