/** A group whose coordinator's partition gets another leader: members and offsets move with it, and nothing is forked. */
import { beforeEach, expect, test } from 'vitest'
import { OffsetCommitApi } from '../../apis/08-offset-commit.ts'
import { OffsetFetchApi } from '../../apis/09-offset-fetch.ts'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { JoinGroupApi } from '../../apis/11-join-group.ts'
import { HeartbeatApi } from '../../apis/12-heartbeat.ts'
import { SyncGroupApi } from '../../apis/14-sync-group.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const GROUP = 'readers'
const TOPIC = 'orders'
const PROPERTIES = {
  'offsets.topic.replication.factor': '3',
  'min.insync.replicas': '2',
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
}
/** What a coordinator may answer until it has loaded, or before everybody knows of it. */
const TRANSIENT = new Set<number | undefined>([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
])

interface Member {
  readonly memberId: string
  readonly generationId: number
}

let cluster: TestCluster
let coordinator: number
let member: Member

beforeEach(async () => {
  cluster = await TestCluster.start(3, PROPERTIES)
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 3 })
  coordinator = await findCoordinator(1)
  member = await join()
  expect(await commit(coordinator, 7, member)).toBe(ErrorCode.NONE)
})

test('when it is killed, its successor has the members and their offsets', async () => {
  cluster.crash(coordinator)
  const successor = await nextCoordinator()
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 7 })
  expect(await heartbeat(successor, member)).toBe(ErrorCode.NONE)
  expect(await commit(successor, 9, member)).toBe(ErrorCode.NONE)
  expect(await commit(successor, 8, { ...member, generationId: member.generationId - 1 })).toBe(
    ErrorCode.ILLEGAL_GENERATION,
  )
  await cluster.startBroker(coordinator)
  await cluster.until(() => cluster.isMember(coordinator))
  await cluster.advance(1000)
  expect((await committed(coordinator)).errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 9 })
})

test('when it is killed, a successor whose disk takes its time has them, too', async () => {
  let waits = 0
  for (const id of cluster.brokerIds) {
    cluster.disk(id).beforeRead = () => {
      waits += 1
      return new Promise((resolve) => cluster.clock.after(100, resolve))
    }
  }
  cluster.crash(coordinator)
  const successor = await nextCoordinator()
  expect(waits).toBeGreaterThan(0)
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 7 })
  expect(await heartbeat(successor, member)).toBe(ErrorCode.NONE)
})

test('when it is cut off and does not know, it acknowledges nothing that its successor does not have', async () => {
  const others = cluster.brokerIds.filter((id) => id !== coordinator)
  const heals = others.map((id) => cluster.network.block(`broker-${id}`, `broker-${coordinator}`))
  expect(await commit(coordinator, 100, member)).not.toBe(ErrorCode.NONE)
  const successor = await nextCoordinator()
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 7 })
  expect(await commit(successor, 9, member)).toBe(ErrorCode.NONE)
  expect(await commit(coordinator, 101, member)).not.toBe(ErrorCode.NONE)
  for (const heal of heals) heal()
  await cluster.until(() => cluster.isMember(coordinator))
  await cluster.advance(1000)
  expect(TRANSIENT).toContain((await committed(coordinator)).errorCode)
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 9 })
})

test('when it is stopped in good order the group goes on within half a second', async () => {
  await cluster.stop(coordinator)
  const stoppedMs = cluster.clock.monotonic()
  const successor = await nextCoordinator()
  expect(await heartbeat(successor, member)).toBe(ErrorCode.NONE)
  expect(await committed(successor)).toEqual({ errorCode: ErrorCode.NONE, offset: 7 })
  expect(cluster.clock.monotonic() - stoppedMs).toBeLessThan(500)
})

async function findCoordinator(through: number, other = -1): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const body = { keyType: 0, coordinatorKeys: [GROUP] }
    const { coordinators } = await cluster.request(through, FindCoordinatorApi, 4, body)
    const [found] = coordinators
    if (found?.errorCode === ErrorCode.NONE && found.nodeId !== other) return found.nodeId
    await cluster.advance(50)
  }
  throw new Error('there is no coordinator')
}

/** Another one, that has loaded the group. */
async function nextCoordinator(): Promise<number> {
  const through = cluster.brokerIds.find((id) => id !== coordinator) as number
  const successor = await findCoordinator(through, coordinator)
  for (let attempt = 0; attempt < 200; attempt++) {
    const { errorCode } = await committed(successor)
    if (!TRANSIENT.has(errorCode)) return successor
    await cluster.advance(50)
  }
  throw new Error('the coordinator does not come to an end with loading')
}

async function join(): Promise<Member> {
  const body = (memberId: string) => ({
    groupId: GROUP,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    memberId,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('metadata of the member') }],
  })
  for (let attempt = 0, memberId = ''; attempt < 50; attempt++) {
    const joined = await cluster.request(coordinator, JoinGroupApi, 9, body(memberId))
    memberId = joined.memberId
    if (joined.errorCode === ErrorCode.NONE) {
      const { generationId } = joined
      const assignments = [{ memberId, assignment: Buffer.from('all') }]
      const sync = { groupId: GROUP, generationId, memberId, assignments }
      expect((await cluster.request(coordinator, SyncGroupApi, 5, sync)).errorCode).toBe(ErrorCode.NONE)
      return { memberId, generationId }
    }
    await cluster.advance(50)
  }
  throw new Error('the member cannot join')
}

async function heartbeat(brokerId: number, { memberId, generationId }: Member): Promise<number> {
  const body = { groupId: GROUP, memberId, generationId }
  return (await cluster.request(brokerId, HeartbeatApi, 4, body)).errorCode
}

async function commit(brokerId: number, committedOffset: number, { memberId, generationId }: Member) {
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }]
  const { topics } = await cluster.request(brokerId, OffsetCommitApi, 9, {
    groupId: GROUP,
    memberId,
    generationIdOrMemberEpoch: generationId,
    topics: [{ name: TOPIC, partitions }],
  })
  return topics[0]?.partitions[0]?.errorCode
}

async function committed(brokerId: number) {
  const { groups } = await cluster.request(brokerId, OffsetFetchApi, 9, {
    groups: [{ groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0] }] }],
    requireStable: true,
  })
  const [group] = groups
  return { errorCode: group?.errorCode, offset: group?.topics[0]?.partitions[0]?.committedOffset }
}
