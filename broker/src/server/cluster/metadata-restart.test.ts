import { expect, test } from 'vitest'
import { CONTROLLER_LEASE, METADATA_LOG, SNAPSHOT_DOCUMENT } from '../../cluster/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic, fetchValues, leaders, metadata, produceValues } from '../test-requests.ts'

const TOPIC_COUNT = 20

async function startIndex(cluster: TestCluster): Promise<number> {
  return (await cluster.store.logs.bounds(METADATA_LOG)).startIndex
}

async function leaderOf(cluster: TestCluster, topic: string): Promise<number> {
  return (await leaders(cluster, 1, topic))[0] as number
}

async function clusterWithShortLog(): Promise<TestCluster> {
  const cluster = await TestCluster.start(0)
  cluster.snapshotPolicy = { maxRecords: 10, maxBytes: 1_000_000 }
  for (const id of [1, 2, 3]) await cluster.startBroker(id)
  await cluster.until(() => [1, 2, 3].every((id) => cluster.isMember(id)))
  for (let index = 0; index < TOPIC_COUNT; index++) {
    const configs = { 'retention.ms': String(1_000_000 + index) }
    await createTopic(cluster, 1 + (index % 3), { name: `topic-${index}`, replicationFactor: 3, configs })
  }
  expect(await startIndex(cluster)).toBeGreaterThan(0)
  return cluster
}

async function topicsSeenBy(cluster: TestCluster, brokerId: number) {
  const { topics } = await metadata(cluster, brokerId)
  return topics
    .map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      replicas: partitions.map(({ replicaNodes }) => replicaNodes),
    }))
    .sort((a, b) => String(a.name).localeCompare(String(b.name)))
}

test('brokers that all start anew from a snapshot have the topics and the data that they had', async () => {
  const cluster = await clusterWithShortLog()
  await produceValues(cluster, await leaderOf(cluster, 'topic-0'), 'topic-0', ['kept'])
  const before = await topicsSeenBy(cluster, 1)
  expect(before).toHaveLength(TOPIC_COUNT)
  await cluster.stopAll()
  for (const id of [1, 2, 3]) await cluster.startBroker(id)
  await cluster.until(() => [1, 2, 3].every((id) => cluster.isMember(id)))
  for (const id of [1, 2, 3]) expect(await topicsSeenBy(cluster, id)).toEqual(before)
  expect(await fetchValues(cluster, await leaderOf(cluster, 'topic-0'), 'topic-0')).toEqual(['kept'])
  await createTopic(cluster, 2, { name: 'after', replicationFactor: 3 })
  expect(await topicsSeenBy(cluster, 3)).toHaveLength(TOPIC_COUNT + 1)
  expect(cluster.unusable.size).toBe(0)
  await cluster.stopAll()
  expect(cluster.errors).toEqual([])
})

test('a broker does not start from a snapshot that cannot be read', async () => {
  const cluster = await clusterWithShortLog()
  cluster.crash(3)
  await cluster.store.documents.put(SNAPSHOT_DOCUMENT, { format: 99 })
  await expect(cluster.startBroker(3)).rejects.toThrow(`The document ${SNAPSHOT_DOCUMENT}`)
  expect(cluster.unusable.size).toBe(0)
})

test('brokers that follow the log report an entry that they cannot apply', async () => {
  const cluster = await clusterWithShortLog()
  const lease = await cluster.store.leases.read(CONTROLLER_LEASE)
  const { nextIndex } = await cluster.store.logs.bounds(METADATA_LOG)
  if (lease === undefined) throw new Error('nobody is the controller')
  await cluster.store.logs.append(METADATA_LOG, nextIndex, [Buffer.from('{"format":99}')], lease)
  await cluster.until(() => cluster.unusable.size >= 2)
  for (const error of cluster.unusable.values()) expect(error.name).toBe('RecordError')
})
