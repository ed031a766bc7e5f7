/** Consumers at the hot tail, and far behind it while others produce: in the page cache, and on a slow disk. */
import { atLeast, atMost, noGoal } from '../goals.ts'
import { fetchLoad, type ProduceLoad, produceLoad } from '../load/raw-load.ts'
import { forgetSegments, withSlowVolume } from '../slow-volume.ts'
import { withBystander } from './bystander.ts'
import {
  type Case,
  type Metrics,
  measured,
  partitions,
  routesTo,
  spanOf,
  type Target,
  withTopic,
  withTopics,
} from './case.ts'
import { p99OfSteadyProducer } from './steady-producer.ts'

const BATCHES: Omit<ProduceLoad, 'topic'> = { depth: 4, recordBytes: 1000, recordsPerBatch: 250, acks: 1 }
const FETCHES = { partitions, maxBytes: 1 << 20 }
/** Ten times what a broker keeps of its own in memory. */
const COLD_BYTES = 1.28e9

export const consumeCases: readonly Case[] = [
  {
    name: 'consume-1k',
    title: 'consume 1 KB records, 1 MiB fetches',
    goals: { cpuSecondsPerGigabyte: atMost(1.2, '×'), megabytesPerSecond: atLeast(0.8, '×') },
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        const span = { ...spanOf(quick), warmUpMs: 0 }
        await produceLoad(routesTo(target.address, 12), { ...BATCHES, topic }, span)
        return measured(target, quick, (span) =>
          fetchLoad(target.address, { ...FETCHES, topic, connections: partitions }, span),
        )
      }),
  },
  {
    name: 'consume-cold',
    title: 'a consumer far behind reads 1.3 GB of 1 KB records, while 1000 records/s are produced',
    goals: {
      megabytesPerSecond: atLeast(0.7, '×'),
      timesQuietP99: atMost(1.2),
      quietP99Ms: noGoal,
      p99Ms: noGoal,
      bystanderP99Ms: noGoal,
    },
    run: (target, quick) =>
      withBystander(quick, (bystandersP99) =>
        withTopics(target, [{}, {}], ([cold, hot]) =>
          readFarBehind({ target, topic: cold!, hotTopic: hot!, consumers: 1 }, quick, bystandersP99),
        ),
      ),
  },
]

/** A disk that somebody has to wait for. */
export const consumeFromDiskCase: Case = {
  name: 'consume-from-disk',
  title:
    'three consumers far behind read what only a disk of 125 MB/s has, while 1000 records/s are produced',
  needsDataFolder: true,
  goals: { megabytesPerSecond: noGoal, quietP99Ms: noGoal, p99Ms: noGoal, bystanderP99Ms: noGoal },
  run: (target, quick) =>
    withBystander(quick, (bystandersP99) =>
      withTopics(target, [{}, {}], ([cold, hot]) => {
        const reading = { target, topic: cold!, hotTopic: hot!, consumers: 3 }
        const { pids, dataFolder } = target
        if (dataFolder === undefined) throw new Error('it is not known where this broker keeps its data')
        return withSlowVolume(pids, dataFolder, () =>
          readFarBehind(reading, quick, bystandersP99, () => forgetSegments(dataFolder, cold!)),
        )
      }),
    ),
}

interface Reading {
  readonly target: Target
  readonly topic: string
  /** What is produced to meanwhile. */
  readonly hotTopic: string
  readonly consumers: number
}

async function readFarBehind(
  { target, topic, hotTopic, consumers }: Reading,
  quick: boolean,
  bystandersP99: () => Promise<number>,
  beforeReading = () => Promise.resolve(),
): Promise<Metrics> {
  const span = { ...spanOf(quick), warmUpMs: 0, measureMs: 30_000, bytesMax: COLD_BYTES }
  await produceLoad(routesTo(target.address, 12), { ...BATCHES, topic }, span)
  const quietP99Ms = await p99OfSteadyProducer(target, hotTopic, quick)
  await beforeReading()
  const fetches = { ...FETCHES, topic, connections: consumers }
  const [{ megabytesPerSecond, cpuSecondsPerGigabyte }, p99Ms, bystanderP99Ms] = await Promise.all([
    measured(target, quick, (wanted) => fetchLoad(target.address, fetches, wanted)),
    p99OfSteadyProducer(target, hotTopic, quick),
    bystandersP99(),
  ])
  return {
    megabytesPerSecond: megabytesPerSecond!,
    cpuSecondsPerGigabyte: cpuSecondsPerGigabyte!,
    quietP99Ms,
    p99Ms,
    bystanderP99Ms,
    timesQuietP99: p99Ms / quietP99Ms,
  }
}
