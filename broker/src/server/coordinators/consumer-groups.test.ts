/** Groups of the consumer protocol (KIP-848): their members learn by heartbeats of topics that come, go or grow. */
import { beforeEach, expect, test } from 'vitest'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { DeleteTopicsApi } from '../../apis/20-delete-topics.ts'
import { CreatePartitionsApi } from '../../apis/37-create-partitions.ts'
import { IncrementalAlterConfigsApi } from '../../apis/44-incremental-alter-configs.ts'
import {
  ConsumerGroupHeartbeatApi,
  type ConsumerGroupHeartbeatResponse,
} from '../../apis/68-consumer-group-heartbeat.ts'
import { ConfigResourceType } from '../../cluster/index.ts'
import { ErrorCode, ZERO_UUID } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const GROUP = 'readers'
const MEMBER = 'bWVtYmVyLW9mLXJlYWRlcnM'
const HEARTBEATS_MAX = 5
/** Regular expressions are matched anew at most every ten seconds. */
const INTERVAL_MS = 3000

let cluster: TestCluster
let coordinator: number
let memberEpoch: number
/** As the last heartbeat with an assignment told it. */
let assigned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

beforeEach(async () => {
  cluster = await TestCluster.start(3)
  coordinator = await findCoordinator()
  memberEpoch = 0
  assigned = []
})

test('partitions that are added to a topic are assigned', async () => {
  const topicId = await newTopic('orders', 2)
  await join({ subscribedTopicNames: ['orders'] })
  await expectAssigned([{ topicId, partitions: [0, 1] }])
  const topics = [{ name: 'orders', count: 4, assignments: null }]
  await cluster.request(1, CreatePartitionsApi, 3, { topics, timeoutMs: 5000, validateOnly: false })
  await expectAssigned([{ topicId, partitions: [0, 1, 2, 3] }])
})

test('a topic that is made after the subscription is assigned', async () => {
  await join({ subscribedTopicNames: ['orders'] })
  const topicId = await newTopic('orders', 2)
  await expectAssigned([{ topicId, partitions: [0, 1] }])
})

test('a topic that is made later and matches the regular expression is assigned', async () => {
  await join({ subscribedTopicNames: [], subscribedTopicRegex: 'orders-.*' })
  const topicId = await newTopic('orders-eu', 1)
  await expectAssigned([{ topicId, partitions: [0] }])
})

test('a deleted topic is taken away', async () => {
  const kept = await newTopic('payments', 1)
  const deleted = await newTopic('orders', 1)
  await join({ subscribedTopicNames: ['orders', 'payments'] })
  await expectAssigned([
    { topicId: deleted, partitions: [0] },
    { topicId: kept, partitions: [0] },
  ])
  const body = { topics: [{ name: 'orders', topicId: ZERO_UUID }], timeoutMs: 5000 }
  await cluster.request(1, DeleteTopicsApi, 6, body)
  await expectAssigned([{ topicId: kept, partitions: [0] }])
})

test('a group with settings of its own: members are told its heartbeat interval, and expire by its session timeout', async () => {
  await setGroupConfigs({ 'consumer.heartbeat.interval.ms': '6000', 'consumer.session.timeout.ms': '60000' })
  await newTopic('orders', 1)
  expect(await join({ subscribedTopicNames: ['orders'] })).toMatchObject({ heartbeatIntervalMs: 6000 })
  await cluster.advance(59_000)
  await heartbeat({ topicPartitions: [] })
  await cluster.advance(61_000)
  const late = { groupId: GROUP, memberId: MEMBER, memberEpoch, topicPartitions: [] }
  const { errorCode } = await cluster.request(coordinator, ConsumerGroupHeartbeatApi, 1, late)
  expect(errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
})

async function setGroupConfigs(values: Record<string, string>): Promise<void> {
  const configs = Object.entries(values).map(([name, value]) => ({ name, configOperation: 0, value }))
  const { responses } = await cluster.request(1, IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: ConfigResourceType.GROUP, resourceName: GROUP, configs }],
    validateOnly: false,
  })
  expect(responses).toMatchObject([{ errorCode: ErrorCode.NONE }])
  await cluster.advance(100)
}

async function findCoordinator(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const body = { keyType: 0, coordinatorKeys: [GROUP] }
    const { coordinators } = await cluster.request(1, FindCoordinatorApi, 4, body)
    await cluster.advance(100)
    if (coordinators[0]?.errorCode === ErrorCode.NONE) return coordinators[0].nodeId
  }
  throw new Error('there is no coordinator')
}

async function newTopic(name: string, partitions: number): Promise<string> {
  return (await createTopic(cluster, 1, { name, partitions })).topicId
}

async function join(subscription: {
  readonly subscribedTopicNames: string[]
  readonly subscribedTopicRegex?: string
}): Promise<ConsumerGroupHeartbeatResponse> {
  return heartbeat({ ...subscription, rebalanceTimeoutMs: 60_000, topicPartitions: [] })
}

/** The member keeps to what it is told, and says so. */
async function expectAssigned(wanted: typeof assigned): Promise<void> {
  const byTopic = (all: typeof assigned) =>
    all.toSorted((left, right) => left.topicId.localeCompare(right.topicId))
  for (let left = HEARTBEATS_MAX; left > 0; left--) {
    await cluster.advance(INTERVAL_MS)
    const topicPartitions = assigned.map(({ topicId, partitions }) => ({
      topicId,
      partitions: [...partitions],
    }))
    await heartbeat({ topicPartitions })
  }
  expect(byTopic(assigned)).toEqual(byTopic(wanted))
}

async function heartbeat(body: {
  readonly subscribedTopicNames?: string[]
  readonly subscribedTopicRegex?: string
  readonly rebalanceTimeoutMs?: number
  readonly topicPartitions: { topicId: string; partitions: number[] }[]
}): Promise<ConsumerGroupHeartbeatResponse> {
  const request = { groupId: GROUP, memberId: MEMBER, memberEpoch, ...body }
  const answer = await cluster.request(coordinator, ConsumerGroupHeartbeatApi, 1, request)
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  memberEpoch = answer.memberEpoch
  assigned = answer.assignment?.topicPartitions ?? assigned
  return answer
}
