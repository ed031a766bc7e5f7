/** Cases in which a real client makes the load: librdkafka through a small C program, Kafka's Java producer. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaLoadTool } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'
import { type Case, type Metrics, type Target, throughput, withTopic } from './cases.ts'
import { cpuSecondsOf } from './process-usage.ts'

const buildFolder = join(import.meta.dirname, '..', '..', '.cache', 'benchmark')
const source = join(import.meta.dirname, 'librdkafka-load.c')
const program = join(buildFolder, 'librdkafka-load')
const batches256k = ['batch.size=262144', 'linger.ms=10']
const batches16k = ['batch.size=16384', 'linger.ms=5']

/** The cases that this machine can run, and why it cannot run the others. */
export function clientCases(): { cases: readonly Case[]; skipped: readonly string[] } {
  const noLibrdkafka = buildProgram()
  const noJava = spawnSync('java', ['-version']).status === 0 ? undefined : 'java is not installed'
  const skipped = [
    ...(noLibrdkafka ? [`librdkafka: ${noLibrdkafka}`] : []),
    ...(noJava ? [`Java clients: ${noJava}`] : []),
  ]
  return { cases: [...(noLibrdkafka ? [] : librdkafkaCases), ...(noJava ? [] : javaCases)], skipped }
}

const librdkafkaCases: readonly Case[] = [
  librdkafkaProduce('librdkafka-100b', 100, batches256k, 'librdkafka, 100 B records, 256 KB batches, acks=1'),
  librdkafkaProduce('librdkafka-1k', 1000, batches256k, 'librdkafka, 1 KB records, 256 KB batches, acks=1'),
  librdkafkaProduce(
    'librdkafka-10k',
    10_000,
    batches256k,
    'librdkafka, 10 KB records, 256 KB batches, acks=1',
  ),
  librdkafkaProduce('librdkafka-1k-16k', 1000, batches16k, 'librdkafka, 1 KB records, 16 KB batches, acks=1'),
  {
    name: 'librdkafka-consume',
    title: 'librdkafka, consume 1 KB records',
    results: throughput,
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        const count = countOf(1000, quick)
        await load(['produce', bootstrapOf(target), topic, String(count), '1000', 'acks=1', ...batches256k])
        return measured(target, 1000, () => load(['consume', bootstrapOf(target), topic, String(count)]))
      }),
  },
]

const javaCases: readonly Case[] = [
  javaProduce('java-1k', 1000, batches256k, 'Java producer, 1 KB records, 256 KB batches, acks=1'),
  javaProduce('java-100b', 100, batches256k, 'Java producer, 100 B records, 256 KB batches, acks=1'),
]

function librdkafkaProduce(name: string, size: number, settings: string[], title: string): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, (topic) => {
      const args = [
        'produce',
        bootstrapOf(target),
        topic,
        String(countOf(size, quick)),
        String(size),
        'acks=1',
      ]
      return measured(target, size, () => load([...args, ...settings]))
    })
  return { name, title, results: throughput, run }
}

function javaProduce(name: string, size: number, settings: string[], title: string): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, (topic) =>
      measured(target, size, async () => {
        const records = countOf(size, quick)
        const what = ['--topic', topic, '--num-records', String(records), '--record-size', String(size)]
        const how = ['--throughput', '-1', '--bootstrap-server', bootstrapOf(target)]
        const properties = ['--command-property', 'acks=1', ...settings]
        const { output } = await kafkaLoadTool('kafka-producer-perf-test', [...what, ...how, ...properties])
        const rate = [...output.matchAll(/records sent, ([\d.]+) records\/sec/g)].at(-1)?.[1]
        if (rate === undefined) throw new Error(`kafka-producer-perf-test said:\n${output}`)
        return { seconds: records / Number(rate), records }
      }),
    )
  return { name, title, results: throughput, run }
}

async function measured(
  target: Target,
  recordBytes: number,
  run: () => Promise<{ seconds: number; records: number }>,
): Promise<Metrics> {
  const before = cpuSecondsOf(target.pid)
  const { seconds, records } = await run()
  const gigabytes = (records * recordBytes) / 1e9
  return {
    megabytesPerSecond: (gigabytes * 1000) / seconds,
    cpuSecondsPerGigabyte: (cpuSecondsOf(target.pid) - before) / gigabytes,
  }
}

async function load(args: string[]): Promise<{ seconds: number; records: number }> {
  const { stdout } = await mustRun(program, args, { timeoutMs: 300_000 })
  const result = JSON.parse(stdout) as { seconds: number; records: number; failed: number }
  if (result.failed > 0 || result.records === 0) throw new Error(`librdkafka-load said ${stdout}`)
  return result
}

/** Bytes that take some seconds; fewer for small records, which cost more each. */
function countOf(size: number, quick: boolean): number {
  const megabytes = size > 100 ? 1500 : 500
  return Math.round((megabytes * 1e6) / size / (quick ? 5 : 1))
}

function bootstrapOf({ address }: Target): string {
  return `${address.host}:${address.port}`
}

/** Compiles the C program when it is missing or older than its source. Says why it cannot. */
function buildProgram(): string | undefined {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return undefined
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'rdkafka'], { encoding: 'utf8' })
  if (flags.status !== 0) return 'librdkafka-dev or pkg-config is not installed'
  mkdirSync(buildFolder, { recursive: true })
  const args = ['-O2', '-Wall', '-Wextra', '-o', program, source, ...flags.stdout.trim().split(/\s+/)]
  const compiled = spawnSync('cc', args, { encoding: 'utf8' })
  return compiled.status === 0 ? undefined : `cc failed: ${compiled.stderr}`
}
