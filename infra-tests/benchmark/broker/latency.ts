/** Records that come one by one: how long until they are acknowledged, and until a waiting consumer has them. */
import { atMost, noGoal } from '../goals.ts'
import { endToEndLoad } from '../load/end-to-end-load.ts'
import { pacedProduceLoad } from '../load/raw-load.ts'
import { type Case, type Metrics, measured, routesTo, withTopic } from './case.ts'

const RECORD_BYTES = 1000

export const latencyCases: readonly Case[] = [
  latencyCase(1000),
  latencyCase(5000),
  {
    name: 'end-to-end',
    title: 'one 1 KB record in flight, acks=all, until a consumer that waits has it',
    goals: { p50Ms: noGoal, p99Ms: atMost(0.7, '×') },
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        const load = { topic, partition: 0, recordBytes: RECORD_BYTES }
        return latencies(await measured(target, quick, (span) => endToEndLoad(target.address, load, span)))
      }),
  },
]

function latencyCase(requestsPerSecond: number): Case {
  return {
    name: `latency-${requestsPerSecond}`,
    title: `${requestsPerSecond} records/s of 1 KB, unbatched, acks=1`,
    goals: { p50Ms: noGoal, p99Ms: atMost(0.7, '×') },
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        const load = { topic, recordBytes: RECORD_BYTES, recordsPerBatch: 1, acks: 1, requestsPerSecond }
        const paced = await measured(target, quick, (span) =>
          pacedProduceLoad(routesTo(target.address, 1), load, span),
        )
        return latencies(paced)
      }),
  }
}

function latencies(metrics: Metrics): Metrics {
  const names = ['p50Ms', 'p99Ms', 'requestsPerSecond', 'cpuMicrosPerRequest', 'noise']
  return Object.fromEntries(names.map((name) => [name, metrics[name] ?? Number.NaN]))
}
