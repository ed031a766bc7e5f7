/** Transactions through the protocol, and over crashes of their coordinator and of partition leaders. */
import { expect, test } from 'vitest'
import { ListOffsetsApi } from '../../apis/02-list-offsets.ts'
import { OffsetFetchApi } from '../../apis/09-offset-fetch.ts'
import { DeleteTopicsApi } from '../../apis/20-delete-topics.ts'
import { WriteTxnMarkersApi } from '../../apis/27-write-txn-markers.ts'
import { UpdateFeaturesApi } from '../../apis/57-update-features.ts'
import { DescribeProducersApi } from '../../apis/61-describe-producers.ts'
import { DescribeTransactionsApi } from '../../apis/65-describe-transactions.ts'
import { ListTransactionsApi } from '../../apis/66-list-transactions.ts'
import { ErrorCode } from '../../wire/index.ts'
import { type Properties, TestCluster } from '../test-cluster.ts'
import { createTopic, fetchValues, leaders, produceValues } from '../test-requests.ts'
import { findCoordinator, READ_COMMITTED, readCommitted, TestProducer } from './test-producer.ts'

const TOPIC = 'orders'
const GROUP = 'readers'
const ID = 'transfers'
const { NONE } = ErrorCode
const versions = [1, 2] as const

async function start(count = 1, properties: Properties = {}): Promise<TestCluster> {
  const replicationFactor = String(count)
  const cluster = await TestCluster.start(count, {
    'transaction.state.log.num.partitions': '3',
    'transaction.state.log.replication.factor': replicationFactor,
    'transaction.state.log.min.isr': String(Math.max(1, count - 1)),
    'offsets.topic.replication.factor': replicationFactor,
    'min.insync.replicas': String(Math.max(1, count - 1)),
    'default.replication.factor': replicationFactor,
    ...properties,
  })
  await createTopic(cluster, 1, { name: TOPIC, partitions: 2, replicationFactor: count })
  return cluster
}

async function leaderOf(cluster: TestCluster, partition = 0): Promise<number> {
  for (let left = 50; left > 0; left--) {
    const leader = (await leaders(cluster, cluster.brokerIds[0] as number, TOPIC))[partition] ?? -1
    if (cluster.brokerIds.includes(leader)) return leader
    await cluster.advance(100)
  }
  throw new Error('there is no leader')
}

async function committedValues(cluster: TestCluster, partition = 0): Promise<string[]> {
  return readCommitted(cluster, await leaderOf(cluster, partition), TOPIC, partition)
}

async function committedOffset(cluster: TestCluster, requireStable: boolean) {
  const coordinator = await findCoordinator(cluster, 0, GROUP)
  const topics = [{ name: TOPIC, partitionIndexes: [0] }]
  const body = { groups: [{ groupId: GROUP, topics }], requireStable }
  const { groups } = await cluster.request(coordinator, OffsetFetchApi, 9, body)
  const partition = groups[0]?.topics[0]?.partitions[0]
  return [partition?.errorCode, partition?.committedOffset]
}

async function describe(cluster: TestCluster, producer: TestProducer) {
  const body = { transactionalIds: [producer.transactionalId] }
  const answer = await cluster.request(await producer.coordinator(), DescribeTransactionsApi, 0, body)
  return answer.transactionStates[0]
}

test.each(versions)(
  'records are seen when their transaction commits, never if it aborts (version %i)',
  async (version) => {
    const cluster = await start()
    const producer = new TestProducer(cluster, ID, version)
    expect(await producer.init()).toBe(NONE)
    for (const [round, isCommit] of [true, false, true].entries()) {
      expect(await producer.send(TOPIC, 0, `a${round}`)).toBe(NONE)
      expect(await producer.send(TOPIC, 1, `b${round}`)).toBe(NONE)
      expect(await committedValues(cluster)).not.toContain(`a${round}`)
      expect(await producer.end(isCommit)).toBe(NONE)
      await cluster.advance(50)
    }
    expect(await committedValues(cluster, 0)).toEqual(['a0', 'a2'])
    expect(await committedValues(cluster, 1)).toEqual(['b0', 'b2'])
    expect(cluster.errors).toEqual([])
  },
)

test('a transaction begins while the markers of the one before it are written, here and in the group', async () => {
  const cluster = await start(3)
  const producer = new TestProducer(cluster, ID)
  expect(await producer.init()).toBe(NONE)
  for (let round = 0; round < 20; round++) {
    expect(await producer.send(TOPIC, 0, `a${round}`), `round ${round}`).toBe(NONE)
    expect(await producer.send(TOPIC, 1, `b${round}`), `round ${round}`).toBe(NONE)
    expect(await producer.commitOffset(GROUP, TOPIC, round), `round ${round}`).toBe(NONE)
    expect(await producer.end(round % 2 === 0)).toBe(NONE)
  }
  await cluster.advance(1_000)
  const even = Array.from({ length: 10 }, (_, index) => index * 2)
  expect(await committedValues(cluster, 0)).toEqual(even.map((round) => `a${round}`))
  expect(await committedValues(cluster, 1)).toEqual(even.map((round) => `b${round}`))
  expect(await committedOffset(cluster, true)).toEqual([NONE, 18])
  expect(cluster.errors).toEqual([])
})

test('the last stable offset holds back later records, and ListOffsets says so', async () => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID)
  await producer.init()
  await produceValues(cluster, 1, TOPIC, ['before'])
  await producer.send(TOPIC, 0, 'open')
  await produceValues(cluster, 1, TOPIC, ['after'])
  expect(await committedValues(cluster)).toEqual(['before'])
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['before', 'open', 'after'])
  const latest = async (isolationLevel: number) => {
    const body = {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    }
    return (await cluster.request(1, ListOffsetsApi, 7, body)).topics[0]?.partitions[0]?.offset
  }
  expect([await latest(0), await latest(READ_COMMITTED)]).toEqual([3, 1])
  await producer.end(true)
  await cluster.advance(50)
  expect(await committedValues(cluster)).toEqual(['before', 'open', 'after'])
  expect(await latest(READ_COMMITTED)).toBe(4)
})

test.each(versions)(
  'a producer that was replaced can neither write nor commit (version %i)',
  async (version) => {
    const cluster = await start()
    const zombie = new TestProducer(cluster, ID, version)
    await zombie.init()
    await zombie.send(TOPIC, 0, 'of the zombie')
    const next = new TestProducer(cluster, ID, version)
    expect(await next.init()).toBe(NONE)
    expect(await zombie.append(TOPIC, 0, 'late', 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await zombie.append(TOPIC, 1, 'late', 0)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await zombie.end(true)).toBe(ErrorCode.PRODUCER_FENCED)
    await next.send(TOPIC, 0, 'of the next')
    expect(await next.end(true)).toBe(NONE)
    await cluster.advance(50)
    expect(await committedValues(cluster)).toEqual(['of the next'])
  },
)

test('version 1: a batch for a partition that was not added is refused', async () => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID, 1)
  await producer.init()
  await producer.send(TOPIC, 0, 'added')
  expect(await producer.append(TOPIC, 1, 'not added', 0)).toBe(ErrorCode.TRANSACTION_ABORTABLE)
  expect(await fetchValues(cluster, 1, TOPIC, 1)).toEqual([])
})

test('version 2: a transaction that lost records with their topic does not go on in the next topic of that name', async () => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID, 2)
  await producer.init()
  expect(await producer.send(TOPIC, 0, 'lost')).toBe(NONE)
  await cluster.request(1, DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
  await createTopic(cluster, 1, { name: TOPIC, partitions: 2, replicationFactor: 1 })
  expect(await producer.send(TOPIC, 0, 'later')).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual([])
})

test.each(versions)('offsets count when the transaction commits (version %i)', async (version) => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID, version)
  await producer.init()
  expect(await producer.commitOffset(GROUP, TOPIC, 5)).toBe(NONE)
  expect(await committedOffset(cluster, false)).toEqual([NONE, -1])
  expect(await committedOffset(cluster, true)).toEqual([ErrorCode.UNSTABLE_OFFSET_COMMIT, -1])
  await producer.end(false)
  await cluster.advance(50)
  expect(await committedOffset(cluster, true)).toEqual([NONE, -1])
  await producer.commitOffset(GROUP, TOPIC, 6)
  await producer.end(true)
  await cluster.advance(50)
  expect(await committedOffset(cluster, true)).toEqual([NONE, 6])
  expect(cluster.errors).toEqual([])
})

test.each(versions)(
  'what is open survives a kill of every broker, and is decided after it (version %i)',
  async (version) => {
    const cluster = await start(3)
    const producer = new TestProducer(cluster, ID, version)
    await producer.init()
    await producer.send(TOPIC, 0, 'first')
    await producer.commitOffset(GROUP, TOPIC, 7)
    for (const id of [1, 2, 3]) {
      cluster.crash(id)
      await cluster.advance(500)
      await cluster.startBroker(id)
      await cluster.until(() => cluster.isMember(id), 20_000)
      await cluster.advance(2_000)
    }
    expect(await committedOffset(cluster, true)).toEqual([ErrorCode.UNSTABLE_OFFSET_COMMIT, -1])
    expect(await committedValues(cluster)).toEqual([])
    expect(await producer.send(TOPIC, 0, 'second')).toBe(NONE)
    expect(await producer.end(true)).toBe(NONE)
    await cluster.advance(2_000)
    expect(await committedValues(cluster)).toEqual(['first', 'second'])
    expect(await committedOffset(cluster, true)).toEqual([NONE, 7])
  },
)

test('a coordinator that dies after it has decided: the next one writes the markers', async () => {
  const cluster = await start(3)
  const producer = new TestProducer(cluster, ID)
  await producer.init()
  await producer.send(TOPIC, 0, 'a')
  await producer.send(TOPIC, 1, 'b')
  const coordinator = await producer.coordinator()
  expect(await producer.end(true)).toBe(NONE)
  cluster.crash(coordinator)
  await cluster.advance(15_000)
  expect(await committedValues(cluster, 0)).toEqual(['a'])
  expect(await committedValues(cluster, 1)).toEqual(['b'])
  expect((await describe(cluster, producer))?.transactionState).toBe('CompleteCommit')
  expect(await producer.send(TOPIC, 0, 'c')).toBe(NONE)
})

test('markers wait for a leader that is away, and come when it is back', async () => {
  const cluster = await start(3)
  await createTopic(cluster, 1, { name: 'single', partitions: 3, replicationFactor: 1 })
  const producer = new TestProducer(cluster, ID)
  await producer.init()
  const coordinator = await producer.coordinator()
  const singles = await leaders(cluster, 1, 'single')
  const partition = singles.findIndex((leader) => leader !== coordinator && leader > 0)
  const leader = singles[partition] as number
  await producer.send('single', partition, 'x')
  cluster.crash(leader)
  expect(await producer.end(true)).toBe(NONE)
  await cluster.advance(20_000)
  expect(await describe(cluster, producer)).toMatchObject({
    transactionState: 'PrepareCommit',
    topics: [{ topic: 'single', partitions: [partition] }],
  })
  await cluster.startBroker(leader)
  await cluster.until(() => cluster.isMember(leader), 20_000)
  await cluster.advance(2_000)
  expect((await describe(cluster, producer))?.transactionState).toBe('CompleteCommit')
  expect(await readCommitted(cluster, leader, 'single', partition)).toEqual(['x'])
})

test('a transaction that takes too long is aborted, and its producer fenced', async () => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID)
  producer.timeoutMs = 5_000
  await producer.init()
  await producer.send(TOPIC, 0, 'slow')
  await cluster.advance(30_000)
  expect((await describe(cluster, producer))?.transactionState).toBe('CompleteAbort')
  expect(await committedValues(cluster)).toEqual([])
  expect(await producer.append(TOPIC, 0, 'late', 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  expect(await producer.init()).toBe(NONE)
})

test('a hanging transaction is found and ended by an administrator', async () => {
  const cluster = await start()
  const producer = new TestProducer(cluster, ID, 1)
  await producer.init()
  await producer.send(TOPIC, 0, 'hangs')
  const topics = [{ name: TOPIC, partitionIndexes: [0] }]
  const found = await cluster.request(1, DescribeProducersApi, 0, { topics })
  const [active] = found.topics[0]?.partitions[0]?.activeProducers ?? []
  expect(active).toMatchObject({ producerId: producer.producerId, currentTxnStartOffset: 0 })
  const marker = {
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    transactionResult: false,
    topics,
    coordinatorEpoch: 0,
  }
  const ended = await cluster.request(1, WriteTxnMarkersApi, 1, { markers: [marker] })
  expect(ended.markers[0]?.topics[0]?.partitions).toEqual([{ partitionIndex: 0, errorCode: NONE }])
  await produceValues(cluster, 1, TOPIC, ['free'])
  expect(await committedValues(cluster)).toEqual(['free'])
  const older = { ...marker, producerEpoch: -1 }
  const refused = await cluster.request(1, WriteTxnMarkersApi, 1, { markers: [older] })
  expect(refused.markers[0]?.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
})

test('transactions are listed by state, producer and pattern', async () => {
  const cluster = await start()
  const open = new TestProducer(cluster, 'open-1')
  const idle = new TestProducer(cluster, 'idle-1')
  await open.init()
  await idle.init()
  await open.send(TOPIC, 0, 'x')
  const list = async (body: { stateFilters?: string[]; transactionalIdPattern?: string }) => {
    const request = { stateFilters: [], producerIdFilters: [], ...body }
    return cluster.request(1, ListTransactionsApi, 2, request)
  }
  const ids = async (body: Parameters<typeof list>[0]) =>
    (await list(body)).transactionStates.map((each) => each.transactionalId).toSorted()
  expect(await ids({})).toEqual(['idle-1', 'open-1'])
  expect(await ids({ stateFilters: ['Ongoing'] })).toEqual(['open-1'])
  expect(await ids({ transactionalIdPattern: 'i.*-[0-9]' })).toEqual(['idle-1'])
  expect(await ids({ transactionalIdPattern: 'idle' })).toEqual([])
  expect((await list({ stateFilters: ['Nonsense'] })).unknownStateFilters).toEqual(['Nonsense'])
  expect((await list({ transactionalIdPattern: '(' })).errorCode).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION)
})

test('the feature transaction.version goes down only if that is asked for', async () => {
  const cluster = await start()
  const update = async (maxVersionLevel: number, upgradeType: number) =>
    (
      await cluster.request(1, UpdateFeaturesApi, 1, {
        featureUpdates: [{ feature: 'transaction.version', maxVersionLevel, upgradeType }],
      })
    ).errorCode
  expect(await update(0, 1)).toBe(ErrorCode.INVALID_UPDATE_VERSION)
  expect(await update(3, 1)).toBe(ErrorCode.INVALID_UPDATE_VERSION)
  expect(await update(0, 2)).toBe(NONE)
  const producer = new TestProducer(cluster, ID, 1)
  await producer.init()
  await producer.send(TOPIC, 0, 'x')
  expect(await producer.end(true)).toBe(NONE)
  expect(await update(2, 1)).toBe(NONE)
})
