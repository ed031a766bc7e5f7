/** What it costs to have three replicas: throughput and processor time of all brokers, latency, and doing nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import { awaitTopic } from '../../support/raw-client.ts'
import { type Metrics, measured, sum } from '../broker/case.ts'
import { batches16k, batches256k, measuredClient } from '../broker/clients.ts'
import { atLeast, atMost, type Goals } from '../goals.ts'
import { librdkafkaLoad } from '../load/librdkafka-load.ts'
import { pacedProduceLoad, type Route } from '../load/raw-load.ts'
import { cpuSecondsOf, residentMegabytesOf } from '../process-usage.ts'
import { addressesOf, type ClusterCase, type ClusterSide, withReplicatedTopic } from './cluster-case.ts'

const PARTITIONS = 12
const RECORD_BYTES = 1000

export const idleCase: ClusterCase = {
  name: 'replicated-idle',
  title: 'three brokers idle',
  brokers: 3,
  goals: { residentMegabytes: atMost(270, 'MB'), cpuPercent: atMost(3, '%') },
  repetitions: 1,
  isWarmedUp: false,
  async run({ cluster, quick }) {
    await sleep(quick ? 3_000 : 10_000)
    const pids = cluster.brokers.map(({ pid }) => pid)
    const before = sum(pids.map(cpuSecondsOf))
    const seconds = quick ? 10 : 30
    await sleep(seconds * 1000)
    return {
      residentMegabytes: sum(pids.map(residentMegabytesOf)),
      cpuPercent: ((sum(pids.map(cpuSecondsOf)) - before) / seconds) * 100,
    }
  },
}

/** These need librdkafka's program. */
export const replicatedClientCases: readonly ClusterCase[] = [
  replicatedProduce('replicated-256k', '1 KB records in 256 KB batches', batches256k, 1000, {
    megabytesPerSecond: atLeast(1.5, '×'),
    cpuSecondsPerGigabyte: atMost(0.5, '×'),
  }),
  replicatedProduce('replicated-16k', '1 KB records in 16 KB batches, linger 5 ms', batches16k, 300, {
    megabytesPerSecond: atLeast(3, '×'),
    cpuSecondsPerGigabyte: atMost(0.3, '×'),
  }),
]

export const replicatedLatencyCase: ClusterCase = {
  name: 'replicated-latency',
  title: '1,000 records/s of 1 KB, unbatched, over 12 partitions',
  brokers: 3,
  goals: { p50Ms: atMost(5, 'ms'), p99Ms: atMost(0.3, '×') },
  repetitions: 2,
  isWarmedUp: true,
  run: (side) =>
    withReplicatedTopic(side, PARTITIONS, async (topic) => {
      const routes = await routesToLeaders(side, topic)
      const load = { topic, recordBytes: RECORD_BYTES, recordsPerBatch: 1, acks: -1, requestsPerSecond: 1000 }
      const pids = side.cluster.brokers.map(({ pid }) => pid)
      return measured({ pids }, side.quick, (span) => pacedProduceLoad(routes, load, span))
    }),
}

function replicatedProduce(
  name: string,
  title: string,
  settings: readonly string[],
  megabytes: number,
  goals: Goals,
): ClusterCase {
  const run = (side: ClusterSide): Promise<Metrics> =>
    withReplicatedTopic(side, PARTITIONS, (topic) => {
      const count = Math.round((megabytes * 1e6) / RECORD_BYTES / (side.quick ? 4 : 1))
      const pids = side.cluster.brokers.map(({ pid }) => pid)
      const args = ['produce', side.cluster.bootstrap, topic, String(count), String(RECORD_BYTES), 'acks=all']
      return measuredClient({ pids }, RECORD_BYTES, () => librdkafkaLoad([...args, ...settings]))
    })
  return { name, title: `librdkafka, ${title}`, brokers: 3, goals, repetitions: 3, isWarmedUp: true, run }
}

/** One connection to each leader, as a client has. */
async function routesToLeaders({ cluster }: ClusterSide, topic: string): Promise<Route[]> {
  const { brokers, partitions } = await awaitTopic(addressesOf(cluster)[0]!, topic)
  return [...brokers].flatMap(([id, address]) => {
    const led = partitions.filter(({ leader }) => leader === id).map(({ partition }) => partition)
    return led.length === 0 ? [] : [{ address, partitions: led }]
  })
}
