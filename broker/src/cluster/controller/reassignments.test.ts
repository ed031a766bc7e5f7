import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../wire/errors.ts'
import { LeaderRecoveryState, NO_LEADER } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'
import { listPartitionReassignments } from './reassignments.ts'

function withOrders(replicas: readonly number[], state = {}): TestCluster {
  const cluster = new TestCluster({ 'min.insync.replicas': '2' })
  for (const id of [1, 2, 3, 4, 5, 6]) cluster.start(id)
  cluster.createReplicated('orders', replicas, state)
  return cluster
}

function reassign(
  cluster: TestCluster,
  replicas: readonly number[] | null,
  { topic = 'orders', partitionIndex = 0, allowReplicationFactorChange = true } = {},
) {
  const [reassigned] = cluster.send('alterPartitionReassignments', {
    allowReplicationFactorChange,
    topics: [{ name: topic, partitions: [{ partitionIndex, replicas }] }],
  })
  return reassigned!.partitions[0]!
}

const DONE = { addingReplicas: [], removingReplicas: [] }

describe('a reassignment', () => {
  it('adds, waits for the new replicas, removes, and elects who comes first', () => {
    const cluster = withOrders([1, 2, 3])
    expect(reassign(cluster, [4, 5, 3])).toEqual({ partitionIndex: 0, errorCode: 0, errorMessage: null })
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [4, 5, 3, 1, 2],
      addingReplicas: [4, 5],
      removingReplicas: [1, 2],
      isr: [1, 2, 3],
      leader: 1,
      leaderEpoch: 0,
    })
    expect(cluster.alterIsr('orders', [1, 2, 3, 5])).toMatchObject({ errorCode: 0, leaderId: 1 })
    expect(cluster.partition('orders').addingReplicas).toEqual([4, 5])
    // The leader that asks is removed itself.
    expect(cluster.alterIsr('orders', [1, 2, 3, 5, 4])).toMatchObject({
      errorCode: ErrorCode.NEW_LEADER_ELECTED,
      leaderId: 4,
      isr: [3, 5, 4],
    })
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [4, 5, 3],
      isr: [3, 5, 4],
      leader: 4,
      leaderEpoch: 1,
      ...DONE,
    })
  })

  it('raises the leader epoch when replicas go though the leader stays', () => {
    const cluster = withOrders([1, 2])
    reassign(cluster, [1, 3])
    expect(cluster.alterIsr('orders', [1, 2, 3])).toMatchObject({ errorCode: 0, leaderId: 1, leaderEpoch: 1 })
    expect(cluster.partition('orders')).toMatchObject({ replicas: [1, 3], isr: [1, 3], leader: 1, ...DONE })
  })

  it('to fewer replicas is complete at once if they are in sync', () => {
    const cluster = withOrders([1, 2, 3])
    reassign(cluster, [2])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [2], isr: [2], leader: 2, ...DONE })
  })

  it('to fewer replicas waits for all of them', () => {
    const cluster = withOrders([1, 2, 3], { isr: [1, 2] })
    reassign(cluster, [3, 1])
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [3, 1, 2],
      removingReplicas: [2],
      isr: [1, 2],
    })
    cluster.alterIsr('orders', [1, 2, 3])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [3, 1], isr: [1, 3], leader: 1, ...DONE })
  })

  it('of the same number waits only for those it adds', () => {
    const cluster = withOrders([1, 2, 3], { isr: [1, 2] })
    reassign(cluster, [4, 3, 1])
    cluster.alterIsr('orders', [1, 2, 4])
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [4, 3, 1],
      isr: [1, 4],
      leader: 1,
      ...DONE,
    })
  })

  it('to another order changes nothing else', () => {
    const cluster = withOrders([1, 2, 3])
    reassign(cluster, [3, 2, 1])
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [3, 2, 1],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 1,
      ...DONE,
    })
    reassign(cluster, [3, 2, 1])
    expect(cluster.lastRecords).toEqual([])
  })

  it('does not finish on replicas of which none is in sync', () => {
    const cluster = withOrders([1, 2], { isr: [1] })
    reassign(cluster, [2])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [2, 1], isr: [1], leader: 1 })
  })

  it('back to where it began lasts while only a new replica is in sync', () => {
    const cluster = withOrders([1, 2], { isr: [1] })
    reassign(cluster, [3, 4])
    cluster.alterIsr('orders', [1, 3])
    cluster.fence(1)
    reassign(cluster, [1, 2])
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3], removingReplicas: [3, 4] })
    cluster.heartbeat(1)
    cluster.alterIsr('orders', [3, 1])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [1, 2], isr: [1], leader: 1, ...DONE })
  })

  it('drops who goes from the eligible ones too', () => {
    const cluster = withOrders([1, 2, 3], { isr: [1], eligibleLeaderReplicas: [2, 3] })
    reassign(cluster, [1])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [1], eligibleLeaderReplicas: [] })
    const other = withOrders([1, 2, 3], { isr: [3], leader: 3, eligibleLeaderReplicas: [1, 2] })
    reassign(other, [1, 3, 4])
    other.alterIsr('orders', [3, 4])
    expect(other.partition('orders')).toMatchObject({ replicas: [1, 3, 4], isr: [3, 4] })
    expect(other.partition('orders').eligibleLeaderReplicas).toEqual([])
  })

  it('can change its goal: what the first one added goes in any case', () => {
    const cluster = withOrders([1, 2])
    reassign(cluster, [3, 4])
    cluster.alterIsr('orders', [1, 2, 3])
    reassign(cluster, [4, 5])
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [4, 5, 3, 1, 2],
      addingReplicas: [4, 5, 3],
      removingReplicas: [3, 1, 2],
      isr: [1, 2, 3],
    })
    expect(listPartitionReassignments(cluster.image, null)[0]?.partitions[0]).toEqual({
      partitionIndex: 0,
      replicas: [4, 5, 3, 1, 2],
      addingReplicas: [3, 4, 5],
      removingReplicas: [1, 2, 3],
    })
    cluster.alterIsr('orders', [1, 2, 4])
    expect(cluster.partition('orders').removingReplicas).toEqual([3, 1, 2])
    cluster.alterIsr('orders', [1, 2, 4, 5])
    expect(cluster.partition('orders')).toMatchObject({ replicas: [4, 5], isr: [4, 5], leader: 4, ...DONE })
  })
})

describe('a cancelled reassignment', () => {
  it('leaves what was there before', () => {
    const cluster = withOrders([1, 2])
    reassign(cluster, [3, 4])
    cluster.alterIsr('orders', [1, 2, 3])
    reassign(cluster, [4, 5])
    expect(reassign(cluster, null).errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({ replicas: [1, 2], isr: [1, 2], leader: 1, ...DONE })
    expect(cluster.partition('orders').leaderEpoch).toBe(1)
  })

  it('is refused where none is in progress', () => {
    const cluster = withOrders([1, 2])
    expect(reassign(cluster, null)).toEqual({
      partitionIndex: 0,
      errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
      errorMessage: 'No partition reassignment is in progress.',
    })
  })

  /** Only the new replica 3 is in sync; the old ones left the ISR long ago. */
  const onlyNew = (state = {}) => {
    const replicas = { replicas: [3, 4, 1, 2], addingReplicas: [3, 4], removingReplicas: [1, 2] }
    return withOrders([3, 4, 1, 2], { ...replicas, isr: [3], leader: 3, ...state })
  }

  it('is refused if only new replicas have all records', () => {
    const cluster = onlyNew()
    expect(reassign(cluster, null)).toMatchObject({
      errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      errorMessage:
        'Unable to revert partition assignment for orders:0 because it would require an unclean leader election.',
    })
    const leaderless = onlyNew({ isr: [], leader: NO_LEADER, eligibleLeaderReplicas: [3] })
    expect(reassign(leaderless, null).errorCode).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT)
  })

  it('takes an eligible old replica', () => {
    const cluster = onlyNew({ eligibleLeaderReplicas: [2] })
    expect(reassign(cluster, null).errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [1, 2],
      isr: [2],
      leader: 2,
      leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    })
  })

  it('takes any old replica if the topic allows it', () => {
    const cluster = onlyNew()
    cluster.configure('orders', 'unclean.leader.election.enable', 'true')
    expect(reassign(cluster, null).errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({
      replicas: [1, 2],
      isr: [1],
      leader: 1,
      leaderRecoveryState: LeaderRecoveryState.RECOVERING,
    })
  })
})

describe('reassignments', () => {
  it.each([
    [3, 'Unable to find a topic named nope.', [1], { topic: 'nope' }],
    [3, 'Unable to find partition orders:7.', [1], { partitionIndex: 7 }],
    [39, 'The manual partition assignment includes an empty replica list.', [], {}],
    [39, 'The manual partition assignment includes the broker 3 more than once.', [3, 3], {}],
    [39, 'The manual partition assignment includes broker 9, but no such broker is registered.', [9, 1], {}],
    [38, 'The replication factor is changed from 2 to 1', [1], { allowReplicationFactorChange: false }],
  ])('answer %i: %s', (errorCode, errorMessage, replicas, options) => {
    const cluster = withOrders([1, 2])
    expect(reassign(cluster, replicas, options)).toMatchObject({ errorCode, errorMessage })
    expect(cluster.lastRecords).toEqual([])
  })

  it('keep the replication factor of the goal where it may not change', () => {
    const cluster = withOrders([1, 2])
    const fixed = { allowReplicationFactorChange: false }
    expect(reassign(cluster, [3, 4], fixed).errorCode).toBe(0)
    expect(reassign(cluster, [5, 4], fixed).errorCode).toBe(0)
    expect(reassign(cluster, [5, 4, 3, 1], fixed).errorCode).toBe(ErrorCode.INVALID_REPLICATION_FACTOR)
  })

  it('take each partition once', () => {
    const cluster = withOrders([1, 2])
    const partition = { partitionIndex: 0, replicas: [3, 4] }
    const [reassigned] = cluster.send('alterPartitionReassignments', {
      allowReplicationFactorChange: true,
      topics: [{ name: 'orders', partitions: [partition, partition] }],
    })
    expect(reassigned?.partitions.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_REQUEST])
    expect(cluster.lastRecords).toHaveLength(1)
  })

  it('are listed while they go on: of all topics, or of those asked for', () => {
    const cluster = withOrders([1, 2])
    cluster.createReplicated('quiet', [1, 2])
    reassign(cluster, [3, 2])
    const list = (topics: Parameters<typeof listPartitionReassignments>[1]) =>
      listPartitionReassignments(cluster.image, topics)
    const orders = {
      name: 'orders',
      partitions: [{ partitionIndex: 0, replicas: [3, 2, 1], addingReplicas: [3], removingReplicas: [1] }],
    }
    expect(list(null)).toEqual([orders])
    expect(list([{ name: 'orders', partitionIndexes: [0, 9] }])).toEqual([orders])
    expect(
      list([
        { name: 'quiet', partitionIndexes: [0] },
        { name: 'nope', partitionIndexes: [0] },
      ]),
    ).toEqual([])
    cluster.alterIsr('orders', [1, 2, 3])
    expect(list(null)).toEqual([])
  })
})
