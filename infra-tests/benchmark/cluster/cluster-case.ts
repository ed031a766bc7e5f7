/** What is measured on a cluster of its own: several brokers that may be killed, or one that carries very much. */
import type { ClusterUnderTest, Flavor } from '../../conformance/cluster-under-test.ts'
import { type Address, awaitTopic, RawClient } from '../../support/raw-client.ts'
import { waitFor } from '../../support/wait.ts'
import { type Metrics, settleDisk } from '../broker/case.ts'
import type { Goals } from '../goals.ts'

export interface ClusterSide {
  readonly flavor: Flavor
  readonly cluster: ClusterUnderTest
  readonly quick: boolean
}

export interface ClusterCase {
  readonly name: string
  readonly title: string
  readonly brokers: 1 | 3
  readonly goals: Goals
  readonly repetitions: number
  /** Runs once at full length before it is measured: a JVM, and V8 too, compile what they run often. */
  readonly isWarmedUp: boolean
  run(side: ClusterSide): Promise<Metrics>
}

/** Three replicas of everything, two of which have to have a record: MSK's defaults. */
export const replicated: Readonly<Record<string, string>> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
}

const WHOLE_LIMIT_MS = 120_000

export function addressesOf({ brokers }: ClusterUnderTest): Address[] {
  return brokers.map(({ port }) => ({ host: '127.0.0.1', port }))
}

/** Runs `use` with a fresh topic of three replicas, all in sync. */
export async function withReplicatedTopic<T>(
  { cluster }: ClusterSide,
  partitions: number,
  use: (topic: string) => Promise<T>,
): Promise<T> {
  const topic = `bench-${Date.now().toString(36)}`
  const [address] = addressesOf(cluster)
  await onBroker(address!, async (client) => {
    const errorCode = await client.createTopic({ topic, partitions, replicationFactor: 3 })
    if (errorCode !== 0) throw new Error(`cannot create the topic ${topic}: error ${errorCode}`)
  })
  await awaitTopic(address!, topic)
  await awaitWhole(cluster, topic)
  // A partition is announced before its leader has opened it, too: that takes less time than this.
  await settleDisk()
  try {
    return await use(topic)
  } finally {
    await onBroker(address!, (client) => client.deleteTopic(topic))
  }
}

/** Resolves once every broker says that all three replicas of every partition are in sync. */
export async function awaitWhole(cluster: ClusterUnderTest, topic: string): Promise<void> {
  for (const address of addressesOf(cluster)) {
    await waitFor(`${topic} to be in sync`, WHOLE_LIMIT_MS, () =>
      onBroker(address, async (client) => {
        const { errorCode, partitions } = await client.metadata([topic])
        return errorCode === 0 && partitions.every(({ leader, isr }) => leader > 0 && isr.length === 3)
      }),
    )
  }
}

/** Connects, asks, and closes. */
export async function onBroker<T>(
  address: Address,
  ask: (client: RawClient) => Promise<T>,
  limitMs = 60_000,
): Promise<T> {
  const client = await RawClient.connect(address, Math.min(limitMs, 2_000))
  const limit = setTimeout(() => client.close(), limitMs)
  try {
    return await ask(client)
  } finally {
    clearTimeout(limit)
    client.close()
  }
}
