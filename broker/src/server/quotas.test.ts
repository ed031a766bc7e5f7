/** Quotas of a whole broker, in virtual time. */
import { expect, test } from 'vitest'
import { ProduceApi } from '../apis/00-produce.ts'
import { FetchApi } from '../apis/01-fetch.ts'
import { CreateTopicsApi } from '../apis/19-create-topics.ts'
import { AlterClientQuotasApi } from '../apis/49-alter-client-quotas.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetchBody, produceBody } from './test-requests.ts'

const TOPIC = 'orders'
const BATCH = 'x'.repeat(100_000)

async function setQuota(cluster: TestCluster, entityType: string, key: string, value: number) {
  const entity = [{ entityType, entityName: null }]
  await cluster.request(1, AlterClientQuotasApi, 1, {
    entries: [{ entity, ops: [{ key, value, remove: false }] }],
    validateOnly: false,
  })
  await cluster.advance(100)
}

test('a producer gets its byte rate: each answer comes at once and says how long the next request waits', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC })
  await setQuota(cluster, 'client-id', 'producer_byte_rate', 100_000)
  const startMs = cluster.clock.now()
  let throttledMs = 0
  for (let count = 0; count < 40; count++) {
    const records = batchOf([BATCH], cluster.clock.now())
    const answer = await cluster.request(1, ProduceApi, 9, produceBody({ topic: TOPIC, records }))
    throttledMs += answer.throttleTimeMs
  }
  const elapsedMs = cluster.clock.now() - startMs
  // 4 MB at 100 kB/s, of which a burst of ten windows passed at once.
  expect(elapsedMs).toBeGreaterThan(27_000)
  expect(elapsedMs).toBeLessThan(40_000)
  expect(throttledMs).toBeGreaterThan(elapsedMs)
  await cluster.stopAll()
})

test('a consumer over its quota gets an empty answer and the time to wait', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC })
  for (let count = 0; count < 4; count++) {
    const records = batchOf([BATCH], cluster.clock.now())
    await cluster.request(1, ProduceApi, 9, produceBody({ topic: TOPIC, records }))
  }
  await setQuota(cluster, 'user', 'consumer_byte_rate', 25_000)
  let bytes = 0
  let throttled = 0
  const startMs = cluster.clock.now()
  for (let offset = 0; offset < 4; ) {
    const answer = await cluster.request(1, FetchApi, 12, fetchBody({ topic: TOPIC, offset, maxBytes: 1 }))
    if (answer.throttleTimeMs > 0) {
      expect(answer.responses).toEqual([])
      throttled++
      continue
    }
    bytes += answer.responses[0]?.partitions[0]?.records?.length ?? 0
    offset++
  }
  expect(throttled).toBeGreaterThan(0)
  const seconds = (cluster.clock.now() - startMs) / 1000
  expect(bytes / (seconds + 10)).toBeLessThan(25_000)
  await cluster.stopAll()
})

test('a client that creates too many partitions is refused by name of the error, and later served', async () => {
  const cluster = await TestCluster.start(2)
  await setQuota(cluster, 'user', 'controller_mutation_rate', 1)
  const create = (brokerId: number, name: string, partitions: number) =>
    cluster.request(brokerId, CreateTopicsApi, 7, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 5000,
      validateOnly: false,
    })
  const first = await create(2, 'first', 20)
  expect(first.topics[0]?.errorCode).toBe(ErrorCode.NONE)
  for (const brokerId of [1, 2]) {
    const refused = await create(brokerId, 'second', 1)
    expect(refused.topics[0]?.errorCode).toBe(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
    expect(refused.throttleTimeMs).toBeGreaterThan(0)
  }
  await cluster.advance(9000)
  expect((await create(2, 'second', 1)).topics[0]?.errorCode).toBe(ErrorCode.NONE)
  await cluster.stopAll()
})

test('replication is not throttled by the quotas of clients', async () => {
  const cluster = await TestCluster.start(2)
  await setQuota(cluster, 'user', 'consumer_byte_rate', 1)
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 2 })
  for (let count = 0; count < 3; count++) {
    const startMs = cluster.clock.now()
    const records = batchOf([BATCH], startMs)
    const leader = cluster.broker(1).config.nodeId
    const draft = produceBody({ topic: TOPIC, records, acks: -1 })
    const answer = await cluster.request(leader, ProduceApi, 9, draft)
    const code = answer.responses[0]?.partitionResponses[0]?.errorCode
    if (code === ErrorCode.NOT_LEADER_OR_FOLLOWER) await cluster.request(2, ProduceApi, 9, draft)
    expect(cluster.clock.now() - startMs).toBeLessThan(2000)
  }
  await cluster.stopAll()
})

test('connections over max.connections.per.ip are closed, and places become free again', async () => {
  const cluster = await TestCluster.start(1, { 'max.connections.per.ip': '2' })
  const clients = [cluster.connect(1), cluster.connect(1), cluster.connect(1)]
  await cluster.advance(100)
  expect(clients.map((client) => client.isClosed)).toEqual([false, false, true])
  clients[0]?.socket.destroy()
  await cluster.advance(100)
  const another = cluster.connect(1)
  await cluster.advance(100)
  expect(another.isClosed).toBe(false)
  await cluster.stopAll()
})
