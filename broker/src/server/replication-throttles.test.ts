/** KIP-73: throttled replicas copy no faster than they may; those in sync, and all others, as fast as they can. */
import { expect, test } from 'vitest'
import { IncrementalAlterConfigsApi } from '../apis/44-incremental-alter-configs.ts'
import { AlterPartitionReassignmentsApi } from '../apis/45-alter-partition-reassignments.ts'
import { ConfigResourceType } from '../cluster/index.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, metadata, produce } from './test-requests.ts'

const TOPIC = 'orders'
const BATCHES = 60
const BATCH_BYTES = 10_000
const BYTES_PER_SECOND = 20_000
const SET = 0
const DELETE = 1

type Side = 'leader' | 'follower'

async function filled(): Promise<TestCluster> {
  const cluster = await TestCluster.start(3, { 'replica.fetch.max.bytes': '20000' })
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 1 })
  const { leaderId } = await stateOf(cluster)
  for (let count = 0; count < BATCHES; count++) await put(cluster, leaderId)
  return cluster
}

async function stateOf(cluster: TestCluster) {
  const { topics } = await metadata(cluster, 1, [TOPIC])
  const partition = topics[0]?.partitions[0]
  if (partition === undefined) throw new Error('the topic is not known')
  return partition
}

async function put(cluster: TestCluster, leaderId: number): Promise<void> {
  const records = batchOf(['x'.repeat(BATCH_BYTES)], cluster.clock.now())
  const { errorCode } = await produce(cluster, leaderId, { topic: TOPIC, acks: -1, records })
  expect(errorCode).toBe(ErrorCode.NONE)
}

/** As `kafka-reassign-partitions.sh --throttle` does it, on one side. */
async function throttle(cluster: TestCluster, side: Side, replicas: string): Promise<void> {
  await configure(
    cluster,
    ConfigResourceType.TOPIC,
    TOPIC,
    `${side}.replication.throttled.replicas`,
    replicas,
  )
  for (const id of cluster.brokerIds) {
    const rate = String(BYTES_PER_SECOND)
    await configure(
      cluster,
      ConfigResourceType.BROKER,
      String(id),
      `${side}.replication.throttled.rate`,
      rate,
    )
  }
}

async function configure(
  cluster: TestCluster,
  resourceType: number,
  resourceName: string,
  name: string,
  value: string | null,
): Promise<void> {
  const configs = [{ name, configOperation: value === null ? DELETE : SET, value }]
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: false,
  })
  expect(responses[0]?.errorMessage ?? null).toBeNull()
  await cluster.advance(100)
}

/** To the two other brokers as well. */
async function addReplicas(cluster: TestCluster): Promise<readonly number[]> {
  const { leaderId } = await stateOf(cluster)
  const replicas = [leaderId, ...cluster.brokerIds.filter((id) => id !== leaderId)]
  await cluster.request(1, AlterPartitionReassignmentsApi, 1, {
    timeoutMs: 5000,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas }] }],
  })
  return replicas
}

test('without a throttle new replicas are in sync at once', async () => {
  const cluster = await filled()
  await addReplicas(cluster)
  await cluster.advance(2000)
  expect((await stateOf(cluster)).isrNodes).toHaveLength(3)
})

test.each(['leader', 'follower'] as const)(
  'throttled on the side of the %s they take their time',
  async (side) => {
    const cluster = await filled()
    await throttle(cluster, side, '*')
    const replicas = await addReplicas(cluster)
    // As many bytes as the windows of the quota hold are let through in a burst.
    await cluster.advance(10_000)
    expect((await stateOf(cluster)).isrNodes).toEqual([replicas[0]])
    await cluster.advance(80_000)
    expect((await stateOf(cluster)).isrNodes.toSorted()).toEqual(replicas.toSorted())
  },
)

test('a throttle that is taken away holds nobody back any more', async () => {
  const cluster = await filled()
  await throttle(cluster, 'follower', '*')
  await addReplicas(cluster)
  await cluster.advance(5000)
  expect((await stateOf(cluster)).isrNodes).toHaveLength(1)
  const name = 'follower.replication.throttled.replicas'
  await configure(cluster, ConfigResourceType.TOPIC, TOPIC, name, null)
  await cluster.advance(2000)
  expect((await stateOf(cluster)).isrNodes).toHaveLength(3)
})

test('only the replicas that are named are throttled', async () => {
  const cluster = await filled()
  const { leaderId } = await stateOf(cluster)
  const [slow, fast] = cluster.brokerIds.filter((id) => id !== leaderId) as [number, number]
  await throttle(cluster, 'follower', `0:${slow},7:${fast}`)
  await addReplicas(cluster)
  await cluster.advance(5000)
  expect((await stateOf(cluster)).isrNodes.toSorted()).toEqual([leaderId, fast].toSorted())
})

test('replicas in sync are never held back: writers wait for them', async () => {
  const cluster = await filled()
  await addReplicas(cluster)
  await cluster.advance(2000)
  await throttle(cluster, 'leader', '*')
  await throttle(cluster, 'follower', '*')
  const { leaderId } = await stateOf(cluster)
  const beganMs = cluster.clock.now()
  for (let count = 0; count < BATCHES; count++) await put(cluster, leaderId)
  expect(cluster.clock.now() - beganMs).toBeLessThan(2000)
})
