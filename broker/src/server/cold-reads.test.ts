/** What the disk has to bring first: who wants it waits, and nobody else. In virtual time. */
import { beforeEach, expect, test } from 'vitest'
import { FetchApi } from '../apis/01-fetch.ts'
import { ListOffsetsApi } from '../apis/02-list-offsets.ts'
import { DeleteTopicsApi } from '../apis/20-delete-topics.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { createTopic, fetchBody, produceValues, valuesOf } from './test-requests.ts'

const TOPIC = 'orders'
const BROUGHT_IN_MS = 200
let cluster: TestCluster
let broughtIn = 0

beforeEach(async () => {
  cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 2 })
  for (const partition of [0, 1]) await produceValues(cluster, 1, TOPIC, [`of ${partition}`], partition)
  broughtIn = 0
  cluster.disk(1).beforeRead = (path) =>
    new Promise((resolve) => {
      expect(path).toContain(TOPIC)
      cluster.clock.after(BROUGHT_IN_MS, () => {
        broughtIn += 1
        resolve()
      })
    })
})

function fetchBoth() {
  const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }))
  const body = { ...fetchBody({ topic: TOPIC, maxWaitMs: 5000 }), topics: [{ topic: TOPIC, partitions }] }
  return cluster.connect(1).send(FetchApi, 12, body)
}

test('a fetch waits for each partition in turn, while records are written', async () => {
  const startedMs = cluster.clock.monotonic()
  const waiting = fetchBoth()
  await cluster.advance(BROUGHT_IN_MS / 2)
  expect(await produceValues(cluster, 1, TOPIC, ['later'])).toBe(1)
  expect(cluster.clock.monotonic() - startedMs).toBeLessThan(BROUGHT_IN_MS)
  expect(broughtIn).toBe(0)
  const { responses } = await cluster.settle(waiting)
  expect(cluster.clock.monotonic() - startedMs).toBeGreaterThanOrEqual(2 * BROUGHT_IN_MS)
  expect(broughtIn).toBe(2)
  const read = responses[0]?.partitions.map(({ records }) => valuesOf(records ?? null))
  expect(read).toEqual([['of 0', 'later'], ['of 1']])
})

test('a search by timestamp waits, while records are written', async () => {
  const startedMs = cluster.clock.monotonic()
  const partitions = [{ partitionIndex: 1, timestamp: 0 }]
  const body = { replicaId: -1, topics: [{ name: TOPIC, partitions }] }
  const waiting = cluster.connect(1).send(ListOffsetsApi, 1, body)
  await cluster.advance(BROUGHT_IN_MS / 2)
  expect(await produceValues(cluster, 1, TOPIC, ['later'])).toBe(1)
  expect(broughtIn).toBe(0)
  const { topics } = await cluster.settle(waiting)
  expect(cluster.clock.monotonic() - startedMs).toBeGreaterThanOrEqual(BROUGHT_IN_MS)
  expect(broughtIn).toBe(1)
  expect(topics[0]?.partitions).toMatchObject([{ errorCode: ErrorCode.NONE, offset: 0 }])
})

test('a topic that is deleted meanwhile is an error', async () => {
  const waiting = fetchBoth()
  await cluster.advance(BROUGHT_IN_MS * 1.5)
  await cluster.request(1, DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
  const { responses } = await cluster.settle(waiting)
  expect(responses[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
    ErrorCode.NONE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ])
  expect(cluster.errors).toEqual([])
})
