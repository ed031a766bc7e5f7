/**
 * Beside a load that takes processors from everybody a record is later even at a broker that has nothing to do with it.
 * How much later tells a second steady producer, at such a broker, at the same time.
 */
import { startCluster } from '../../conformance/cluster-under-test.ts'
import { parseAddress } from '../../support/raw-client.ts'
import { withTopic } from './case.ts'
import { p99OfSteadyProducer } from './steady-producer.ts'

/** `use` gets what starts that producer and resolves with its p99 in milliseconds. */
export async function withBystander<T>(
  quick: boolean,
  use: (bystandersP99: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const cluster = await startCluster({ brokers: 1 }, 'freshet')
  try {
    const target = {
      address: parseAddress(cluster.bootstrap),
      pids: cluster.brokers.map(({ pid }) => pid),
    }
    return await withTopic(target, (topic) => use(() => p99OfSteadyProducer(target, topic, quick)))
  } finally {
    await cluster.stop()
  }
}
