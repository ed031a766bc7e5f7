import { beforeEach, describe, expect, it } from 'vitest'
import { ErrorCode } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import { NO_LEADER } from '../records.ts'
import { TestCluster, uuidOf } from '../test-cluster.ts'
import { LOST_DIRECTORY } from './assign-replicas-to-dirs.ts'

let cluster: TestCluster

beforeEach(() => {
  cluster = new TestCluster({ 'min.insync.replicas': '2' })
  for (const brokerId of [1, 2, 3]) cluster.start(brokerId, `az-${brokerId}`)
  cluster.createReplicated('orders', [1, 2, 3])
})

function report(
  brokerId: number,
  { id = LOST_DIRECTORY, partition = 0, topicId = topicIdOf('orders') } = {},
) {
  const topics = [{ topicId, partitions: [{ partitionIndex: partition }] }]
  const { directories } = cluster.send('assignReplicasToDirs', {
    brokerId,
    brokerEpoch: cluster.epoch(brokerId),
    directories: [{ id, topics }],
  })
  return directories[0]?.topics[0]?.partitions[0]?.errorCode
}

function topicIdOf(topic: string): string {
  return cluster.image.topics.get(topic)!.topicId
}

describe('a replica whose log went offline', () => {
  it('leads no more: another one in sync does at once', () => {
    expect(report(1)).toBe(ErrorCode.NONE)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 2,
      leaderEpoch: 1,
      isr: [2, 3],
      offlineReplicas: [1],
      uncleanLeaderEpoch: -1,
    })
  })

  it('leaves the ISR where it follows, without a new leader epoch', () => {
    report(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, leaderEpoch: 0, isr: [1, 3] })
  })

  it('is reported once: what is known changes nothing', () => {
    report(1)
    const { partitionEpoch } = cluster.partition('orders')
    expect(report(1)).toBe(ErrorCode.NONE)
    expect(cluster.partition('orders').partitionEpoch).toBe(partitionEpoch)
  })

  it('does not come back into the ISR before its broker has registered anew', () => {
    report(1)
    expect(cluster.alterIsr('orders', [2, 3, 1]).errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA)
    cluster.alive.delete(1)
    cluster.register(1, 'az-1', 7)
    cluster.heartbeat(1)
    expect(cluster.partition('orders')).toMatchObject({ isr: [2, 3], offlineReplicas: [] })
    expect(cluster.alterIsr('orders', [2, 3, 1]).errorCode).toBe(ErrorCode.NONE)
  })

  it('is not eligible, even if it was the last of the ISR; its broker is not believed to be unharmed', () => {
    cluster.fence(3)
    cluster.fence(2)
    report(1)
    expect(cluster.partition('orders')).toMatchObject({
      leader: NO_LEADER,
      isr: [],
      eligibleLeaderReplicas: [2],
    })
    cluster.alive.delete(1)
    cluster.register(1, 'az-1', 7, cluster.epoch(1))
    cluster.heartbeat(1)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2], uncleanLeaderEpoch: -1 })
  })

  it('leads a partition without other replicas again once its broker is back', () => {
    cluster.createReplicated('single', [1])
    report(1, { topicId: topicIdOf('single') })
    expect(cluster.partition('single')).toMatchObject({ leader: NO_LEADER, isr: [], lastKnownElr: [1] })
    cluster.alive.delete(1)
    cluster.register(1, 'az-1', 7)
    cluster.heartbeat(1)
    expect(cluster.partition('single')).toMatchObject({ leader: 1, leaderEpoch: 2, uncleanLeaderEpoch: 2 })
  })

  it('may join the ISR again once its broker says in which directory it is, and caught up', () => {
    report(1)
    expect(report(1, { id: uuidOf(7) })).toBe(ErrorCode.NONE)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2, 3], offlineReplicas: [] })
    expect(cluster.alterIsr('orders', [2, 3, 1]).errorCode).toBe(ErrorCode.NONE)
  })

  it('is not eligible to lead when it is back, unless it is the only replica', () => {
    cluster.createReplicated('single', [1])
    report(1, { topicId: topicIdOf('single') })
    cluster.fence(3)
    cluster.fence(2)
    report(1)
    for (const topic of ['orders', 'single']) report(1, { id: uuidOf(7), topicId: topicIdOf(topic) })
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, offlineReplicas: [] })
    expect(cluster.partition('single')).toMatchObject({ leader: 1, isr: [1], offlineReplicas: [] })
  })

  it('is passed over by an unclean election, and forgotten with a reassignment', () => {
    cluster.createReplicated('pair', [1, 2])
    report(1, { topicId: topicIdOf('pair') })
    cluster.fence(2)
    cluster.send('electLeaders', { electionType: 1, topics: [{ topic: 'pair', partitions: [0] }] })
    expect(cluster.partition('pair').leader).toBe(NO_LEADER)
    cluster.heartbeat(2)
    cluster.send('alterPartitionReassignments', {
      allowReplicationFactorChange: true,
      topics: [{ name: 'pair', partitions: [{ partitionIndex: 0, replicas: [2, 3] }] }],
    })
    expect(cluster.alterIsr('pair', [2, 3]).errorCode).toBe(ErrorCode.NONE)
    expect(cluster.partition('pair')).toMatchObject({ replicas: [2, 3], offlineReplicas: [] })
  })
})

it('an unclean election is remembered by its leader epoch, a clean one is not', () => {
  cluster.fence(2)
  cluster.fence(3)
  cluster.alive.delete(1)
  cluster.register(1, 'az-1', 7, -1)
  cluster.heartbeat(3)
  expect(cluster.partition('orders')).toMatchObject({ leader: 3, uncleanLeaderEpoch: -1 })
  cluster.alive.delete(3)
  cluster.register(3, 'az-3', 8, -1)
  expect(cluster.partition('orders').leader).toBe(NO_LEADER)
  cluster.heartbeat(2)
  cluster.send('electLeaders', { electionType: 1, topics: [{ topic: 'orders', partitions: [0] }] })
  const { leaderEpoch, uncleanLeaderEpoch } = cluster.partition('orders')
  expect(uncleanLeaderEpoch).toBe(leaderEpoch)
})

it('what a broker says of directories and partitions that it does not have is refused, or changes nothing', () => {
  expect(report(1, { id: ZERO_UUID })).toBe(ErrorCode.NONE)
  expect(cluster.partition('orders').offlineReplicas).toEqual([])
  expect(report(1, { topicId: uuidOf(1) })).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  expect(report(1, { partition: 9 })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  cluster.createReplicated('others', [2, 3])
  expect(report(1, { topicId: topicIdOf('others') })).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  expect(() =>
    cluster.send('assignReplicasToDirs', { brokerId: 1, brokerEpoch: 99, directories: [] }),
  ).toThrow('Expected broker epoch')
})
