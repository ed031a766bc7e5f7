import { beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { createTopic, fetch, fetchBody, metadata, produceValues, valuesOf } from '../server/test-requests.ts'
import { ErrorCode, ZERO_UUID } from '../wire/index.ts'
import { FetchApi } from './01-fetch.ts'
import { DeleteTopicsApi } from './20-delete-topics.ts'

const TOPIC = 'orders'
let cluster: TestCluster
let topicId: string

beforeEach(async () => {
  cluster = await TestCluster.start(1)
  topicId = (await createTopic(cluster, 1, { name: TOPIC, partitions: 2 })).topicId
})

async function timeOf<T>(task: Promise<T>): Promise<[T, number]> {
  const startMs = cluster.clock.monotonic()
  const result = await cluster.settle(task)
  return [result, cluster.clock.monotonic() - startMs]
}

test('a fetch waits for the first record and is answered at once when it comes', async () => {
  const client = cluster.connect(1)
  const waiting = client.send(FetchApi, 12, fetchBody({ topic: TOPIC, maxWaitMs: 5000 }))
  await cluster.advance(1000)
  expect(client.answered).toEqual([])
  await produceValues(cluster, 1, TOPIC, ['a'])
  const [response, tookMs] = await timeOf(waiting)
  expect(tookMs).toBeLessThan(10)
  expect(valuesOf(response.responses[0]?.partitions[0]?.records ?? null)).toEqual(['a'])
})

test('a fetch waits until minBytes have come, even when old segments are deleted meanwhile', async () => {
  await createTopic(cluster, 1, {
    name: 'short',
    configs: { 'segment.bytes': '1048576', 'retention.bytes': '1' },
  })
  for (let index = 0; index < 5; index++) await produceValues(cluster, 1, 'short', ['x'.repeat(500_000)])
  const client = cluster.connect(1)
  const body = fetchBody({ topic: 'short', offset: 5, minBytes: 2000, maxWaitMs: 400_000 })
  const waiting = client.send(FetchApi, 12, body)
  await produceValues(cluster, 1, 'short', ['y'])
  await cluster.advance(330_000)
  expect(client.answered).toEqual([])
  await produceValues(cluster, 1, 'short', ['z'.repeat(3000)])
  const [response, tookMs] = await timeOf(waiting)
  expect(tookMs).toBeLessThan(10)
  expect(valuesOf(response.responses[0]?.partitions[0]?.records ?? null)).toHaveLength(2)
})

test('a fetch that waits in vain is answered empty after maxWait', async () => {
  const client = cluster.connect(1)
  const [response, tookMs] = await timeOf(
    client.send(FetchApi, 12, fetchBody({ topic: TOPIC, maxWaitMs: 700 })),
  )
  expect(Math.abs(tookMs - 702)).toBeLessThan(5)
  expect(response.responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 })
})

test('a topic that is deleted ends the wait with an error', async () => {
  const client = cluster.connect(1)
  const waiting = client.send(FetchApi, 12, fetchBody({ topic: TOPIC, maxWaitMs: 5000 }))
  await cluster.advance(10)
  await cluster.request(1, DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
  const [response, tookMs] = await timeOf(waiting)
  expect(tookMs).toBeLessThan(100)
  expect(response.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('maxBytes bounds the answer, but the first batch always comes whole', async () => {
  for (let index = 0; index < 5; index++) await produceValues(cluster, 1, TOPIC, ['x'.repeat(1000)])
  const one = await fetch(cluster, 1, { topic: TOPIC, maxBytes: 10 })
  expect(valuesOf(one.records)).toHaveLength(1)
  const some = await fetch(cluster, 1, { topic: TOPIC, maxBytes: 3500 })
  expect(valuesOf(some.records)).toHaveLength(3)
  const partitionBound = await fetch(cluster, 1, { topic: TOPIC, partitionMaxBytes: 2300 })
  expect(valuesOf(partitionBound.records)).toHaveLength(2)
  const body = fetchBody({ topic: TOPIC, maxBytes: 10 })
  await produceValues(cluster, 1, TOPIC, ['other'], 1)
  const wanted = body.topics[0]?.partitions[0]
  if (wanted === undefined) throw new Error('no partition')
  const partitions = [wanted, { ...wanted, partition: 1 }]
  const both = await cluster.request(1, FetchApi, 12, { ...body, topics: [{ topic: TOPIC, partitions }] })
  expect(both.responses[0]?.partitions.map((each) => valuesOf(each.records).length)).toEqual([1, 0])
})

test('an offset outside of the log is an error, at once', async () => {
  await produceValues(cluster, 1, TOPIC, ['a'])
  for (const offset of [-1, 2]) {
    const [data, tookMs] = await timeOf(
      cluster.connect(1).send(FetchApi, 12, fetchBody({ topic: TOPIC, offset, maxWaitMs: 5000 })),
    )
    expect(data.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect(tookMs).toBeLessThan(10)
  }
})

test('only who reads committed gets a list of aborted transactions', async () => {
  await produceValues(cluster, 1, TOPIC, ['a'])
  const committed = await fetch(cluster, 1, { topic: TOPIC, isolationLevel: 1 })
  expect(committed).toMatchObject({ abortedTransactions: [], lastStableOffset: 1, highWatermark: 1 })
  expect((await fetch(cluster, 1, { topic: TOPIC })).abortedTransactions).toBeNull()
})

test('an old leader epoch is fenced, a future one is unknown', async () => {
  const epoch = (await metadata(cluster, 1, [TOPIC])).topics[0]?.partitions[0]?.leaderEpoch ?? -1
  const codeFor = async (currentLeaderEpoch: number) =>
    (await fetch(cluster, 1, { topic: TOPIC, currentLeaderEpoch })).errorCode
  expect(await codeFor(epoch)).toBe(ErrorCode.NONE)
  expect(await codeFor(epoch + 1)).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
  cluster.crash(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(100)
  expect(await codeFor(epoch)).toBe(ErrorCode.FENCED_LEADER_EPOCH)
})

test('version 13 names topics by id and knows unknown ids', async () => {
  await produceValues(cluster, 1, TOPIC, ['a'])
  const body = fetchBody({ topic: TOPIC })
  const partitions = body.topics[0]?.partitions ?? []
  const send = (id: string) =>
    cluster.request(1, FetchApi, 13, { ...body, topics: [{ topicId: id, partitions }] })
  const known = (await send(topicId)).responses[0]
  expect([known?.topicId, valuesOf(known?.partitions[0]?.records ?? null)]).toEqual([topicId, ['a']])
  expect((await send(ZERO_UUID)).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
})

test('a fetch of many megabytes lets others have their turn', async () => {
  const value = 'x'.repeat(900_000)
  for (let partition = 0; partition < 2; partition++) {
    for (let count = 0; count < 2; count++) await produceValues(cluster, 1, TOPIC, [value], partition)
  }
  const body = fetchBody({ topic: TOPIC, maxBytes: 50 << 20, partitionMaxBytes: 50 << 20 })
  const wanted = body.topics[0]?.partitions[0]
  if (wanted === undefined) throw new Error('no partition')
  const topics = [{ topic: TOPIC, partitions: [wanted, { ...wanted, partition: 1 }] }]
  cluster.network.conditions.windowBytes = 64 << 20
  const answered: string[] = []
  const reader = cluster.connect(1)
  const other = cluster.connect(1)
  const everything = reader.send(FetchApi, 12, { ...body, topics })
  const little = other.send(FetchApi, 12, fetchBody({ topic: TOPIC, maxBytes: 1 }))
  everything.then(() => answered.push('everything'))
  little.then(() => answered.push('little'))
  const { responses } = await cluster.settle(everything)
  expect(responses[0]?.partitions.map(({ records }) => valuesOf(records))).toEqual([
    [value, value],
    [value, value],
  ])
  expect(answered).toEqual(['little', 'everything'])
})

test('a session is told everything once, and then only what is new', async () => {
  const client = cluster.connect(1)
  const body = fetchBody({ topic: TOPIC, maxWaitMs: 0 })
  const wanted = body.topics[0]?.partitions[0]
  if (wanted === undefined) throw new Error('no partition')
  const topics = [{ topic: TOPIC, partitions: [wanted, { ...wanted, partition: 1 }] }]
  const send = (sessionId: number, sessionEpoch: number, changed = topics.slice(0, 0)) =>
    cluster.settle(client.send(FetchApi, 12, { ...body, sessionId, sessionEpoch, topics: changed }))
  const full = await send(0, 0, topics)
  expect(full.sessionId).toBeGreaterThan(0)
  expect(full.responses[0]?.partitions).toHaveLength(2)

  expect((await send(full.sessionId, 1)).responses).toEqual([])
  await produceValues(cluster, 1, TOPIC, ['a'], 1)
  const news = await send(full.sessionId, 2)
  expect(news.responses[0]?.partitions.map((each) => each.partitionIndex)).toEqual([1])
  expect((await send(full.sessionId, 2)).errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  expect((await send(full.sessionId + 1, 3)).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect((await send(full.sessionId, 0, topics)).sessionId).not.toBe(full.sessionId)
})

test('a client that goes away while its fetch waits leaves nothing behind', async () => {
  const client = cluster.connect(1)
  const waiting = client.send(FetchApi, 12, fetchBody({ topic: TOPIC, maxWaitMs: 2000, minBytes: 1 }))
  client.socket.destroy()
  await cluster.advance(5000)
  await expect(waiting).rejects.toThrow()
  expect(cluster.broker(1).connectionCount).toBe(1)
})
