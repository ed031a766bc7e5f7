/** Cases in which a real client makes the load: librdkafka through a small C program, Kafka's Java producer. */
import { spawnSync } from 'node:child_process'
import { kafkaLoadTool } from '../../support/java.ts'
import { atLeast, atMost, type Goals, noGoal } from '../goals.ts'
import { buildLibrdkafkaLoad, librdkafkaLoad } from '../load/librdkafka-load.ts'
import { cpuSecondsOf } from '../process-usage.ts'
import { type Case, type Metrics, sum, type Target, withTopic } from './case.ts'

export const batches256k = ['batch.size=262144', 'linger.ms=10']
export const batches16k = ['batch.size=16384', 'linger.ms=5']

/** Most goals are those of the loads above, whose clients cost nothing. */
const throughput: Goals = { megabytesPerSecond: noGoal, cpuSecondsPerGigabyte: noGoal }
/** Small records are a matter of the client that batches them: batches made beforehand cost a broker the same as large ones. */
const smallRecords: Goals = { megabytesPerSecond: atLeast(1.2, '×'), cpuSecondsPerGigabyte: atMost(0.6, '×') }

/** The cases that this machine can run, and why it cannot run the others. */
export function clientCases(): { cases: readonly Case[]; skipped: readonly string[] } {
  const noLibrdkafka = buildLibrdkafkaLoad()
  const noJava = spawnSync('java', ['-version']).status === 0 ? undefined : 'java is not installed'
  const skipped = [
    ...(noLibrdkafka ? [`librdkafka: ${noLibrdkafka}`] : []),
    ...(noJava ? [`Java clients: ${noJava}`] : []),
  ]
  return { cases: [...(noLibrdkafka ? [] : librdkafkaCases), ...(noJava ? [] : javaCases)], skipped }
}

const librdkafkaCases: readonly Case[] = [
  {
    ...librdkafkaProduce(
      'librdkafka-100b',
      100,
      batches256k,
      'librdkafka, 100 B records, 256 KB batches, acks=1',
    ),
    goals: smallRecords,
  },
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
    goals: throughput,
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        const count = countOf(1000, quick)
        await librdkafkaLoad([
          'produce',
          bootstrapOf(target),
          topic,
          String(count),
          '1000',
          'acks=1',
          ...batches256k,
        ])
        return measuredClient(target, 1000, () =>
          librdkafkaLoad(['consume', bootstrapOf(target), topic, String(count)]),
        )
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
      return measuredClient(target, size, () => librdkafkaLoad([...args, ...settings]))
    })
  return { name, title, goals: throughput, run }
}

function javaProduce(name: string, size: number, settings: string[], title: string): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, (topic) =>
      measuredClient(target, size, async () => {
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
  return { name, title, goals: throughput, run }
}

/** What the brokers spent while a client of its own measured its load. */
export async function measuredClient(
  target: Pick<Target, 'pids'>,
  recordBytes: number,
  run: () => Promise<{ seconds: number; records: number }>,
): Promise<Metrics> {
  const before = sum(target.pids.map(cpuSecondsOf))
  const { seconds, records } = await run()
  const gigabytes = (records * recordBytes) / 1e9
  return {
    megabytesPerSecond: (gigabytes * 1000) / seconds,
    cpuSecondsPerGigabyte: (sum(target.pids.map(cpuSecondsOf)) - before) / gigabytes,
  }
}

/** Bytes that take some seconds; fewer for small records, which cost more each. */
function countOf(size: number, quick: boolean): number {
  const megabytes = size > 100 ? 1500 : 500
  return Math.round((megabytes * 1e6) / size / (quick ? 5 : 1))
}

function bootstrapOf({ address }: Target): string {
  return `${address.host}:${address.port}`
}
