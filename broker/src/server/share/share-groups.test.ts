/** Share groups of whole brokers, in virtual time. */
import { beforeEach, expect, test } from 'vitest'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { DeleteTopicsApi } from '../../apis/20-delete-topics.ts'
import { IncrementalAlterConfigsApi } from '../../apis/44-incremental-alter-configs.ts'
import { ShareFetchApi } from '../../apis/78-share-fetch.ts'
import { ShareAcknowledgeApi } from '../../apis/79-share-acknowledge.ts'
import { InitializeShareGroupStateApi } from '../../apis/83-initialize-share-group-state.ts'
import { DescribeShareGroupOffsetsApi } from '../../apis/90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsetsApi } from '../../apis/91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsetsApi } from '../../apis/92-delete-share-group-offsets.ts'
import { AcknowledgeType } from '../../coordinators/share/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic, produceValues } from '../test-requests.ts'
import { ShareMember } from './test-share-member.ts'

const TOPIC = 'orders'
const GROUP = 'workers'
const LOCK_MS = 2000
const { ACCEPT, RELEASE, REJECT, RENEW } = AcknowledgeType
let cluster: TestCluster
let topicId: string

beforeEach(async () => {
  cluster = await TestCluster.start(1, {
    'share.coordinator.state.topic.num.partitions': '2',
    'group.share.min.record.lock.duration.ms': '1000',
    'group.share.record.lock.duration.ms': String(LOCK_MS),
  })
  topicId = (await createTopic(cluster, 1, { name: TOPIC })).topicId
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [GROUP] })
  await cluster.advance(500)
  await setGroupConfig('share.auto.offset.reset', 'earliest')
})

async function setGroupConfig(name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: 0, value }]
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: 32, resourceName: GROUP, configs }],
    validateOnly: false,
  })
  expect(responses).toMatchObject([{ errorCode: ErrorCode.NONE }])
  await cluster.advance(100)
}

function newMember(memberId: string): ShareMember {
  return new ShareMember(cluster, { groupId: GROUP, topic: TOPIC, topicId }, memberId)
}

async function member(memberId: string): Promise<ShareMember> {
  const joined = newMember(memberId)
  await joined.join()
  return joined
}

async function offsets() {
  const answer = await cluster.request(1, DescribeShareGroupOffsetsApi, 1, {
    groups: [{ groupId: GROUP, topics: null }],
  })
  const { startOffset, lag } = answer.groups[0]?.topics[0]?.partitions[0] ?? {}
  return { startOffset, lag }
}

/** The error code. */
async function setOffset(startOffset: number) {
  const { errorCode, responses } = await cluster.request(1, AlterShareGroupOffsetsApi, 0, {
    groupId: GROUP,
    topics: [{ topicName: TOPIC, partitions: [{ partitionIndex: 0, startOffset }] }],
  })
  return errorCode || responses[0]?.partitions[0]?.errorCode
}

test('a member hears of its partitions with its first heartbeat', async () => {
  const joined = newMember('a')
  expect(await joined.join()).toMatchObject({
    errorCode: ErrorCode.NONE,
    assignment: { topicPartitions: [{ topicId, partitions: [0] }] },
  })
  const { assignment } = await joined.join()
  expect(assignment).toBeNull()
  await cluster.stopAll()
})

test('members share the records of one partition; what is accepted is done with', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c', 'd'])
  const [a, b] = [await member('a'), await member('b')]
  expect(await a.fetch({ maxRecords: 2, strict: true })).toEqual([[0, 1, 1]])
  expect(await b.fetch()).toEqual([[2, 3, 1]])
  expect(await a.acknowledge(0, 1, ACCEPT)).toBe(ErrorCode.NONE)
  expect(await offsets()).toEqual({ startOffset: 2, lag: 2 })
  expect(await a.acknowledge(2, 3, ACCEPT)).toBe(ErrorCode.INVALID_RECORD_STATE)
  expect(await b.acknowledge(2, 3, ACCEPT)).toBe(ErrorCode.NONE)
  expect(await offsets()).toEqual({ startOffset: 4, lag: 0 })
  await cluster.stopAll()
})

test('records that the disk has to bring are given to one member, and once', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c', 'd'])
  const members = [await member('a'), await member('b')]
  let waits = 0
  cluster.disk(1).beforeRead = () => {
    waits += 1
    return new Promise((resolve) => cluster.clock.after(100, resolve))
  }
  const taken = await Promise.all(members.map((each) => each.fetch({ maxWaitMs: 300 })))
  expect(waits).toBeGreaterThan(0)
  expect(taken.flat()).toEqual([[0, 3, 1]])
})

test('released records come again, rejected ones do not', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c'])
  const a = await member('a')
  expect(await a.fetch()).toEqual([[0, 2, 1]])
  expect(await a.acknowledge(0, 2, ACCEPT, RELEASE, REJECT)).toBe(ErrorCode.NONE)
  expect(await a.fetch()).toEqual([[1, 1, 2]])
  await cluster.stopAll()
})

test('locks that run out, or whose holder is gone, free the records; renewed locks stay', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b'])
  const [a, b] = [await member('a'), await member('b')]
  expect(await a.fetch()).toEqual([[0, 1, 1]])
  await cluster.advance(LOCK_MS - 500)
  expect(await a.acknowledge(0, 0, RENEW)).toBe(ErrorCode.NONE)
  expect(await b.fetch({ maxWaitMs: 1000 })).toEqual([[1, 1, 2]])
  a.client.socket.destroy()
  await cluster.advance(100)
  expect(await b.fetch()).toEqual([[0, 0, 2]])
  await cluster.stopAll()
})

test('a waiting fetch hears of new records', async () => {
  const a = await member('a')
  expect(await a.fetch()).toEqual([])
  const waiting = a.fetch({ maxWaitMs: 5000 })
  await produceValues(cluster, 1, TOPIC, ['a'])
  expect(await cluster.settle(waiting)).toEqual([[0, 0, 1]])
  await cluster.stopAll()
})

test('a fetch that acknowledges waits for new records like any other', async () => {
  await produceValues(cluster, 1, TOPIC, ['a'])
  const a = await member('a')
  expect(await a.fetch()).toEqual([[0, 0, 1]])
  const waiting = a.fetch({ maxWaitMs: 5000, accepted: 0 })
  await cluster.advance(1000)
  expect(await offsets()).toEqual({ startOffset: 1, lag: 0 })
  await produceValues(cluster, 1, TOPIC, ['b'])
  expect(await cluster.settle(waiting)).toEqual([[1, 1, 1]])
  await cluster.stopAll()
})

test('a waiting fetch hears of records that others give back, and of room for more locks', async () => {
  await setGroupConfig('share.partition.max.record.locks', '100')
  for (const count of [100, 1]) await produceValues(cluster, 1, TOPIC, Array<string>(count).fill('a'))
  const [a, b] = [await member('a'), await member('b')]
  expect(await a.fetch()).toEqual([[0, 99, 1]])
  const forRoom = b.fetch({ maxWaitMs: LOCK_MS - 500 })
  expect(await a.acknowledge(0, 49, ACCEPT)).toBe(ErrorCode.NONE)
  expect(await cluster.settle(forRoom)).toEqual([[100, 100, 1]])
  const forReleased = b.fetch({ maxWaitMs: LOCK_MS - 500 })
  expect(await a.acknowledge(50, 99, RELEASE)).toBe(ErrorCode.NONE)
  expect(await cluster.settle(forReleased)).toEqual([[50, 99, 2]])
  await cluster.stopAll()
})

test('a restarted broker goes on where the group was', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c', 'd'])
  const a = await member('a')
  await a.fetch()
  await a.acknowledge(0, 3, ACCEPT, RELEASE, REJECT, RELEASE)
  await cluster.stop(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(1000)
  expect(await offsets()).toEqual({ startOffset: 1, lag: 2 })
  const again = await member('b')
  expect(await again.fetch()).toEqual([
    [1, 1, 2],
    [3, 3, 2],
  ])
  await cluster.stopAll()
})

test('an administrator moves or resets an empty group only', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c'])
  const a = await member('a')
  await a.fetch()
  await a.acknowledge(0, 2, ACCEPT)
  expect(await setOffset(1)).toBe(ErrorCode.NON_EMPTY_GROUP)
  await a.leave()
  expect(await setOffset(1)).toBe(ErrorCode.NONE)
  const b = await member('b')
  expect(await b.fetch()).toEqual([[1, 2, 1]])
  await b.leave()
  const removed = await cluster.request(1, DeleteShareGroupOffsetsApi, 0, {
    groupId: GROUP,
    topics: [{ topicName: TOPIC }],
  })
  expect(removed.responses).toMatchObject([{ topicName: TOPIC, errorCode: ErrorCode.NONE }])
  const c = await member('c')
  expect(await c.fetch()).toEqual([[0, 2, 1]])
  await cluster.stopAll()
})

test('what was read for a session that was over by then is not what the next one gets', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c'])
  const a = await member('a')
  const heal = cluster.network.slow('broker-1', 'broker-1', 50)
  const refused = expect(a.fetch()).rejects.toThrow(`${ErrorCode.SHARE_SESSION_NOT_FOUND}`)
  await cluster.request(1, ShareAcknowledgeApi, 2, {
    ...{ groupId: GROUP, memberId: 'a', shareSessionEpoch: -1, isRenewAck: false, topics: [] },
  })
  await refused
  heal()
  await a.leave()
  expect(await setOffset(1)).toBe(ErrorCode.NONE)
  const b = await member('b')
  expect(await b.fetch()).toEqual([[1, 2, 1]])
  await cluster.stopAll()
})

test('sessions are numbered, and a first request acknowledges nothing', async () => {
  const a = await member('a')
  const send = (shareSessionEpoch: number, acknowledgeTypes: number[] = []) => {
    const acknowledgementBatches =
      acknowledgeTypes.length === 0 ? [] : [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes }]
    return cluster.settle(
      a.client.send(ShareFetchApi, 2, {
        groupId: GROUP,
        memberId: 'a',
        shareSessionEpoch,
        maxWaitMs: 0,
        minBytes: 0,
        maxRecords: 1,
        batchSize: 1,
        topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
        forgottenTopicsData: [],
      }),
    )
  }
  expect((await send(1)).errorCode).toBe(ErrorCode.SHARE_SESSION_NOT_FOUND)
  expect((await send(0, [ACCEPT])).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect((await send(0)).errorCode).toBe(ErrorCode.NONE)
  expect((await send(2)).errorCode).toBe(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  expect((await send(1)).errorCode).toBe(ErrorCode.NONE)
  expect((await send(-1)).errorCode).toBe(ErrorCode.NONE)
  expect((await send(2)).errorCode).toBe(ErrorCode.SHARE_SESSION_NOT_FOUND)
  await cluster.stopAll()
})

test('what was delivered is not forgotten while the share coordinator cannot keep what became of it', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c'])
  const a = await member('a')
  const b = await member('b')
  expect(await a.fetch({ maxRecords: 3 })).toEqual([[0, 2, 1]])
  const disk = cluster.disk(1)
  disk.capacityBytes = disk.usedBytes
  expect(await a.acknowledge(0, 0, RELEASE)).not.toBe(ErrorCode.NONE)
  disk.capacityBytes = Number.POSITIVE_INFINITY
  await cluster.advance(10_000)
  expect(await b.fetch({ maxRecords: 3 })).toEqual([[0, 2, 2]])
  expect(await b.acknowledge(0, 2, ACCEPT)).toBe(ErrorCode.NONE)
  expect(await offsets()).toMatchObject({ startOffset: 3 })
})

test('of a deleted topic nothing is kept, although records of it were locked', async () => {
  await produceValues(cluster, 1, TOPIC, ['a', 'b'])
  const a = await member('a')
  expect(await a.fetch()).toEqual([[0, 1, 1]])
  await cluster.request(1, DeleteTopicsApi, 6, { topics: [{ name: null, topicId }], timeoutMs: 1000 })
  await cluster.advance(2 * LOCK_MS)
  expect(cluster.logged).toEqual([])
})

test('no state is begun of a share-partition that does not exist', async () => {
  const initialize = async (id: string, partition: number) => {
    const partitions = [{ partition, stateEpoch: 0, startOffset: 0 }]
    const request = { groupId: GROUP, topics: [{ topicId: id, partitions }] }
    const { results } = await cluster.request(1, InitializeShareGroupStateApi, 0, request)
    return results[0]?.partitions[0]?.errorCode
  }
  await newMember('first').join()
  expect(await initialize(topicId, 0)).toBe(ErrorCode.NONE)
  expect(await initialize(topicId, 1000)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  expect(await initialize('4L6g3nShT-eMCtK--X86sw', 0)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})
