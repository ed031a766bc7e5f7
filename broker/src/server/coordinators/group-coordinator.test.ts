/** Classic groups and committed offsets through the protocol, and over crashes of their coordinator. */
import { expect, test } from 'vitest'
import { OffsetCommitApi } from '../../apis/08-offset-commit.ts'
import { OffsetFetchApi } from '../../apis/09-offset-fetch.ts'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { JoinGroupApi } from '../../apis/11-join-group.ts'
import { HeartbeatApi } from '../../apis/12-heartbeat.ts'
import { LeaveGroupApi } from '../../apis/13-leave-group.ts'
import { SyncGroupApi } from '../../apis/14-sync-group.ts'
import { DescribeGroupsApi } from '../../apis/15-describe-groups.ts'
import { ListGroupsApi } from '../../apis/16-list-groups.ts'
import { DeleteTopicsApi } from '../../apis/20-delete-topics.ts'
import { DeleteGroupsApi } from '../../apis/42-delete-groups.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const GROUP = 'readers'
const TOPIC = 'orders'

/** The versions of the APIs of a group's life that are used together. */
const OLDEST = { find: 0, join: 0, sync: 0, heartbeat: 0, leave: 0, describe: 0, list: 0, remove: 0 }
const NEWEST = { find: 6, join: 9, sync: 5, heartbeat: 4, leave: 5, describe: 6, list: 5, remove: 2 }
type Versions = typeof OLDEST

async function coordinatorOf(cluster: TestCluster, version = 4): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const through = cluster.brokerIds[0] as number
    const body = version < 4 ? { key: GROUP } : { keyType: 0, coordinatorKeys: [GROUP] }
    const response = await cluster.request(through, FindCoordinatorApi, version, body)
    const found = version < 4 ? response : response.coordinators[0]
    if (found?.errorCode === ErrorCode.NONE) {
      await cluster.advance(100)
      return found.nodeId
    }
    expect(found?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    await cluster.advance(100)
  }
  throw new Error('there is no coordinator')
}

async function startWithGroup(count: number): Promise<[TestCluster, number]> {
  const cluster = await TestCluster.start(count)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 2 })
  return [cluster, await coordinatorOf(cluster)]
}

function joinBody(version: number, memberId = '') {
  return {
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    ...(version >= 1 && { rebalanceTimeoutMs: 10_000 }),
    memberId,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('metadata of the member') }],
  }
}

async function join(cluster: TestCluster, brokerId: number, version: number) {
  const first = await cluster.request(brokerId, JoinGroupApi, version, joinBody(version))
  if (first.errorCode !== ErrorCode.MEMBER_ID_REQUIRED) return first
  return cluster.request(brokerId, JoinGroupApi, version, joinBody(version, first.memberId))
}

async function joinAndSync(cluster: TestCluster, brokerId: number, versions: Versions = NEWEST) {
  const joined = await join(cluster, brokerId, versions.join)
  expect(joined).toMatchObject({ errorCode: 0, protocolName: 'range', leader: joined.memberId })
  const { memberId, generationId } = joined
  const synced = await cluster.request(brokerId, SyncGroupApi, versions.sync, {
    groupId: GROUP,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: Buffer.from('both partitions') }],
  })
  expect([synced.errorCode, String(synced.assignment)]).toEqual([0, 'both partitions'])
  return { memberId, generationId }
}

async function heartbeat(
  cluster: TestCluster,
  brokerId: number,
  member: { memberId: string; generationId: number },
  version = NEWEST.heartbeat,
): Promise<number> {
  const body = { groupId: GROUP, ...member }
  return (await cluster.request(brokerId, HeartbeatApi, version, body)).errorCode
}

async function commit(
  cluster: TestCluster,
  brokerId: number,
  committedOffset: number,
  member: { memberId?: string; generationId?: number } = {},
): Promise<number | undefined> {
  const response = await cluster.request(brokerId, OffsetCommitApi, 9, {
    groupId: GROUP,
    memberId: member.memberId ?? '',
    generationIdOrMemberEpoch: member.generationId ?? -1,
    topics: [
      { name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: 'note' }] },
    ],
  })
  return response.topics[0]?.partitions[0]?.errorCode
}

async function committed(cluster: TestCluster, brokerId: number) {
  const { groups } = await cluster.request(brokerId, OffsetFetchApi, 9, {
    groups: [{ groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0] }] }],
  })
  return { errorCode: groups[0]?.errorCode, ...groups[0]?.topics[0]?.partitions[0] }
}

test.each([
  ['oldest', OLDEST],
  ['newest', NEWEST],
])('a group lives its whole life in the %s versions', async (_, versions) => {
  const cluster = await TestCluster.start(1)
  const id = await coordinatorOf(cluster, versions.find)
  const member = await joinAndSync(cluster, id, versions)
  expect(await heartbeat(cluster, id, member, versions.heartbeat)).toBe(ErrorCode.NONE)

  const described = await cluster.request(id, DescribeGroupsApi, versions.describe, { groups: [GROUP] })
  expect(described.groups[0]).toMatchObject({ errorCode: 0, groupState: 'Stable', protocolData: 'range' })
  expect(described.groups[0]?.members).toMatchObject([
    { memberId: member.memberId, clientId: 'test-client', clientHost: '/client' },
  ])
  expect(String(described.groups[0]?.members[0]?.memberMetadata)).toBe('metadata of the member')
  const listed = await cluster.request(id, ListGroupsApi, versions.list, {})
  expect(listed.groups.map((each) => each.groupId)).toEqual([GROUP])

  const remove = () => cluster.request(id, DeleteGroupsApi, versions.remove, { groupsNames: [GROUP] })
  expect((await remove()).results[0]?.errorCode).toBe(ErrorCode.NON_EMPTY_GROUP)
  const { memberId } = member
  const leaving =
    versions.leave < 3 ? { groupId: GROUP, memberId } : { groupId: GROUP, members: [{ memberId }] }
  const left = await cluster.request(id, LeaveGroupApi, versions.leave, leaving)
  expect(left.errorCode).toBe(ErrorCode.NONE)
  expect((await remove()).results[0]?.errorCode).toBe(ErrorCode.NONE)
  expect((await cluster.request(id, ListGroupsApi, versions.list, {})).groups).toEqual([])
  expect(cluster.errors).toEqual([])
})

test('a second member waits for the first to come back, and both get their share', async () => {
  const [cluster, id] = await startWithGroup(1)
  const first = await joinAndSync(cluster, id)
  const newcomer = cluster.connect(id)
  const ask = await cluster.settle(newcomer.send(JoinGroupApi, 9, joinBody(9)))
  const waiting = newcomer.send(JoinGroupApi, 9, joinBody(9, ask.memberId))
  await cluster.advance(500)
  expect(newcomer.answered).toHaveLength(1)
  expect(await heartbeat(cluster, id, first)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  const again = await cluster.request(id, JoinGroupApi, 9, joinBody(9, first.memberId))
  const joined = await cluster.settle(waiting)
  expect([again.generationId, joined.generationId]).toEqual([2, 2])
  expect(again.members.map((each) => each.memberId).toSorted()).toEqual(
    [first.memberId, ask.memberId].toSorted(),
  )
  expect(again.members.map((each) => String(each.metadata))).toEqual(
    Array.from({ length: 2 }, () => 'metadata of the member'),
  )
})

test('a member whose connection breaks while it waits to join does not disturb the others', async () => {
  const [cluster, id] = await startWithGroup(1)
  const first = await joinAndSync(cluster, id)
  const newcomer = cluster.connect(id)
  const ask = await cluster.settle(newcomer.send(JoinGroupApi, 9, joinBody(9)))
  newcomer.send(JoinGroupApi, 9, joinBody(9, ask.memberId))
  await cluster.advance(100)
  newcomer.socket.destroy()
  await cluster.advance(100)
  const again = cluster.request(id, JoinGroupApi, 9, joinBody(9, first.memberId))
  expect((await again).errorCode).toBe(ErrorCode.NONE)
  await cluster.advance(60_000)
  expect(cluster.errors).toEqual([])
})

const commitVersions = Array.from({ length: 9 }, (_, index) => index + 2)
const fetchVersions = Array.from({ length: 10 }, (_, index) => index + 1)

test('offsets that any version commits are what every version fetches', async () => {
  const [cluster, id] = await startWithGroup(1)
  const { topicId } = await createTopic(cluster, 1, { name: 'by-version' })
  for (const version of commitVersions) {
    const topic = version >= 10 ? { topicId } : { name: 'by-version' }
    const partition = { partitionIndex: 0, committedOffset: version, committedMetadata: `v${version}` }
    const response = await cluster.request(id, OffsetCommitApi, version, {
      groupId: GROUP,
      topics: [{ ...topic, partitions: [partition] }],
    })
    expect(response.topics[0]?.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }])
    for (const fetching of fetchVersions) {
      const wanted = { ...(fetching >= 10 ? { topicId } : { name: 'by-version' }), partitionIndexes: [0, 1] }
      const answer = await cluster.request(
        id,
        OffsetFetchApi,
        fetching,
        fetching >= 8
          ? { groups: [{ groupId: GROUP, topics: [wanted] }] }
          : { groupId: GROUP, topics: [{ name: 'by-version', partitionIndexes: [0, 1] }] },
      )
      const topics = fetching >= 8 ? answer.groups[0]?.topics : answer.topics
      expect(topics?.[0]?.partitions).toMatchObject([
        { partitionIndex: 0, committedOffset: version, metadata: `v${version}`, errorCode: 0 },
        { partitionIndex: 1, committedOffset: -1, errorCode: 0 },
      ])
    }
  }
})

test('an offset of a partition that does not exist is refused, the others are committed', async () => {
  const [cluster, id] = await startWithGroup(1)
  const at = (partitionIndex: number) => ({ partitionIndex, committedOffset: 5, committedMetadata: null })
  const response = await cluster.request(id, OffsetCommitApi, 9, {
    groupId: GROUP,
    topics: [
      { name: TOPIC, partitions: [at(0), at(9)] },
      { name: 'unknown', partitions: [at(0)] },
    ],
  })
  expect(response.topics.map((topic) => topic.partitions.map((each) => each.errorCode))).toEqual([
    [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ])
  expect(await committed(cluster, id)).toMatchObject({ errorCode: 0, committedOffset: 5 })
})

test('offsets of a topic that is deleted are forgotten', async () => {
  const [cluster, id] = await startWithGroup(1)
  await commit(cluster, id, 5)
  await cluster.request(id, DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
  await cluster.advance(200)
  await createTopic(cluster, id, { name: TOPIC, partitions: 2 })
  expect(await committed(cluster, id)).toMatchObject({ errorCode: 0, committedOffset: -1 })
})

test('a broker that is not the coordinator says so', async () => {
  const [cluster, id] = await startWithGroup(3)
  const other = cluster.brokerIds.find((each) => each !== id) as number
  expect((await join(cluster, other, 9)).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  expect(await commit(cluster, other, 1)).toBe(ErrorCode.NOT_COORDINATOR)
  expect((await committed(cluster, other)).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
})

test.each(['kill', 'stop'] as const)(
  'after the coordinator is gone (%s) and back, offsets and members are there',
  async (end) => {
    const [cluster, id] = await startWithGroup(3)
    const member = await joinAndSync(cluster, id)
    expect(await commit(cluster, id, 42, member)).toBe(ErrorCode.NONE)
    if (end === 'kill') cluster.crash(id)
    else await cluster.stop(id)
    await cluster.advance(500)
    await cluster.startBroker(id)
    await cluster.until(() => cluster.isMember(id), 5000)
    await cluster.advance(200)
    expect(await coordinatorOf(cluster)).toBe(id)
    expect(await committed(cluster, id)).toMatchObject({
      errorCode: 0,
      committedOffset: 42,
      metadata: 'note',
    })
    expect(await heartbeat(cluster, id, member)).toBe(ErrorCode.NONE)
    expect(await commit(cluster, id, 43, member)).toBe(ErrorCode.NONE)
    await cluster.advance(15_000)
    expect(await heartbeat(cluster, id, member)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    await joinAndSync(cluster, id)
    expect(cluster.errors).toEqual([])
  },
)

test('a group that is too large for the log is an error to its client, and the other groups go on', async () => {
  const cluster = await TestCluster.start(1, {
    'offsets.topic.num.partitions': '1',
    'offsets.topic.segment.bytes': '1048576',
  })
  await createTopic(cluster, 1, { name: TOPIC, partitions: 2 })
  const id = await coordinatorOf(cluster)
  const member = await joinAndSync(cluster, id)
  await commit(cluster, id, 1, member)
  const groupId = 'huge'
  const ask = await cluster.request(id, JoinGroupApi, 9, { ...joinBody(9), groupId })
  const { memberId, generationId } = await cluster.request(id, JoinGroupApi, 9, {
    ...joinBody(9, ask.memberId),
    groupId,
  })
  const assignments = [{ memberId, assignment: Buffer.alloc(2_000_000) }]
  const synced = await cluster.request(id, SyncGroupApi, 5, { groupId, generationId, memberId, assignments })
  expect(synced.errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  await cluster.advance(100)
  expect(await committed(cluster, id)).toMatchObject({ errorCode: 0, committedOffset: 1 })
  expect(await heartbeat(cluster, id, member)).toBe(ErrorCode.NONE)
  expect(cluster.errors.map(({ message }) => message)).toEqual(['records of a coordinator were not written'])
})

test('a disk that fails under the offsets topic is an error to the client, and heals with a restart', async () => {
  const [cluster, id] = await startWithGroup(1)
  expect(await commit(cluster, id, 1)).toBe(ErrorCode.NONE)
  const heal = cluster
    .disk(1)
    .fail({ operations: ['write'], code: 'EIO', path: /__consumer_offsets.*\.log$/ })
  expect(await commit(cluster, id, 2)).toBe(ErrorCode.NOT_COORDINATOR)
  expect(await commit(cluster, id, 2)).toBe(ErrorCode.NOT_COORDINATOR)
  heal()
  cluster.crash(id)
  await cluster.startBroker(id)
  await cluster.until(() => cluster.isMember(id))
  await cluster.advance(200)
  expect(await committed(cluster, id)).toMatchObject({ errorCode: 0, committedOffset: 1 })
  expect(await commit(cluster, id, 3)).toBe(ErrorCode.NONE)
})
