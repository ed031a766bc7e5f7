/** ListOffsets, DeleteRecords, OffsetForLeaderEpoch and DescribeLogDirs through the protocol. */
import { beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { batchOf, createTopic, fetch, metadata, produce, produceValues } from '../server/test-requests.ts'
import { ErrorCode } from '../wire/index.ts'
import { ListOffsetsApi } from './02-list-offsets.ts'
import { FindCoordinatorApi } from './10-find-coordinator.ts'
import { DeleteRecordsApi } from './21-delete-records.ts'
import { OffsetForLeaderEpochApi } from './23-offset-for-leader-epoch.ts'
import { DescribeLogDirsApi } from './35-describe-log-dirs.ts'

const TOPIC = 'orders'
let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC })
})

async function list(
  timestamp: number,
  version = 11,
  more: { currentLeaderEpoch?: number; topic?: string } = {},
) {
  const { topic = TOPIC, ...rest } = more
  const response = await cluster.request(1, ListOffsetsApi, version, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp, ...rest }] }],
  })
  return response.topics[0]?.partitions[0]
}

/** Records at 1000, 3000, 2000 milliseconds after the start. */
async function produceTimes(): Promise<number> {
  const startMs = cluster.clock.now()
  for (const laterMs of [1000, 3000, 2000])
    await produce(cluster, 1, { topic: TOPIC, records: batchOf(['x'], startMs + laterMs) })
  return startMs
}

test('the special timestamps and real ones find their offsets', async () => {
  const startMs = await produceTimes()
  expect(await list(-1)).toMatchObject({ errorCode: 0, offset: 3, timestamp: -1 })
  expect(await list(-2)).toMatchObject({ errorCode: 0, offset: 0, timestamp: -1 })
  expect(await list(-3)).toMatchObject({ errorCode: 0, offset: 1, timestamp: startMs + 3000 })
  expect(await list(-4)).toMatchObject({ errorCode: 0, offset: 0 })
  expect(await list(-5)).toMatchObject({ errorCode: 0, offset: -1 })
  expect(await list(-6)).toMatchObject({ errorCode: 0, offset: -1 })
  expect(await list(startMs)).toMatchObject({ errorCode: 0, offset: 0, timestamp: startMs + 1000 })
  expect(await list(startMs + 1001)).toMatchObject({ errorCode: 0, offset: 1, timestamp: startMs + 3000 })
  expect(await list(startMs + 3001)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 })
})

test('an empty log has no largest timestamp', async () => {
  expect(await list(-3)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 })
  expect(await list(-1)).toMatchObject({ errorCode: 0, offset: 0 })
})

test.each([
  [-3, 6, 7],
  [-4, 7, 8],
  [-5, 8, 9],
  [-6, 10, 11],
])('timestamp %i is unknown in version %i and known in version %i', async (timestamp, before, since) => {
  expect((await list(timestamp, before))?.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
  expect((await list(timestamp, since))?.errorCode).toBe(ErrorCode.NONE)
})

test('a topic that does not exist and a wrong leader epoch are told', async () => {
  const epoch = (await metadata(cluster, 1, [TOPIC])).topics[0]?.partitions[0]?.leaderEpoch ?? -1
  expect((await list(-1, 11, { topic: 'unknown' }))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const future = await list(-1, 11, { currentLeaderEpoch: epoch + 1 })
  expect(future?.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
})

test('a disk that cannot be read is a storage error of the partition, and the connection stays', async () => {
  await produceTimes()
  cluster.disk(1).fail({ operations: ['read'], code: 'EIO', path: /orders-0/ })
  expect((await list(cluster.clock.now()))?.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect((await fetch(cluster, 1, { topic: TOPIC })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  expect(cluster.broker(1).connectionCount).toBe(1)
})

async function deleteBefore(offset: number, topic = TOPIC) {
  const response = await cluster.request(1, DeleteRecordsApi, 2, {
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 1000,
  })
  return response.topics[0]?.partitions[0]
}

test('deleted records cannot be read any more, also after a crash', async () => {
  await produceValues(cluster, 1, TOPIC, ['a'])
  await produceValues(cluster, 1, TOPIC, ['b'])
  await produceValues(cluster, 1, TOPIC, ['c'])
  expect(await deleteBefore(1)).toEqual({ partitionIndex: 0, lowWatermark: 1, errorCode: 0 })
  expect((await fetch(cluster, 1, { topic: TOPIC, offset: 0 })).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  expect(await list(-2)).toMatchObject({ offset: 1 })
  await cluster.advance(10_000)
  cluster.crash(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(100)
  expect(await list(-2)).toMatchObject({ offset: 1 })
  expect(await deleteBefore(-1)).toMatchObject({ lowWatermark: 3, errorCode: 0 })
  expect(await list(-2)).toMatchObject({ offset: 3 })
})

test('records cannot be deleted beyond the end, nor where the policy is only to compact', async () => {
  expect((await deleteBefore(1))?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  expect((await deleteBefore(-2))?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  await createTopic(cluster, 1, { name: 'compacted', configs: { 'cleanup.policy': 'compact' } })
  expect((await deleteBefore(0, 'compacted'))?.errorCode).toBe(ErrorCode.POLICY_VIOLATION)
  expect((await deleteBefore(0, 'unknown'))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('no records of coordinators are deleted, although the policy of share groups would let them', async () => {
  const share = { keyType: 2, coordinatorKeys: ['group:AAAAAAAAAAAAAAAAAAAAAQ:0'] }
  await cluster.request(1, FindCoordinatorApi, 6, share)
  const group = { keyType: 0, coordinatorKeys: ['group'] }
  await cluster.request(1, FindCoordinatorApi, 6, group)
  for (const topic of ['__share_group_state', '__consumer_offsets'])
    expect((await deleteBefore(-1, topic))?.errorCode, topic).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
})

test('a leader epoch ends where the next one begins', async () => {
  const epochNow = async () =>
    (await metadata(cluster, 1, [TOPIC])).topics[0]?.partitions[0]?.leaderEpoch ?? -1
  const first = await epochNow()
  await produceValues(cluster, 1, TOPIC, ['a'])
  cluster.crash(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(100)
  await produceValues(cluster, 1, TOPIC, ['b', 'c'])
  const endOf = async (leaderEpoch: number, currentLeaderEpoch = -1) => {
    const response = await cluster.request(1, OffsetForLeaderEpochApi, 4, {
      topics: [{ topic: TOPIC, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
    })
    return response.topics[0]?.partitions[0]
  }
  const second = await epochNow()
  expect(await endOf(first)).toMatchObject({ errorCode: 0, leaderEpoch: first, endOffset: 1 })
  expect(await endOf(second)).toMatchObject({ errorCode: 0, leaderEpoch: second, endOffset: 3 })
  expect(await endOf(second + 1)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 })
  expect((await endOf(first, first))?.errorCode).toBe(ErrorCode.FENCED_LEADER_EPOCH)
  const diverging = await fetch(cluster, 1, { topic: TOPIC, offset: 2, lastFetchedEpoch: first })
  expect(diverging.divergingEpoch).toMatchObject({ epoch: first, endOffset: 1 })
})

test('log dirs tell the size of what was asked for', async () => {
  await createTopic(cluster, 1, { name: 'other', partitions: 2 })
  await produceValues(cluster, 1, TOPIC, ['x'.repeat(1000)])
  const all = (await cluster.request(1, DescribeLogDirsApi, 4, { topics: null })).results[0]
  expect(all?.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([
    [TOPIC, 1],
    ['other', 2],
  ])
  expect(all?.topics[0]?.partitions[0]?.partitionSize).toBeGreaterThan(1000)
  const topics = [{ topic: 'other', partitions: [1] }]
  const some = (await cluster.request(1, DescribeLogDirsApi, 4, { topics })).results[0]
  expect(some?.topics).toMatchObject([
    { name: 'other', partitions: [{ partitionIndex: 1, partitionSize: 0 }] },
  ])
})
