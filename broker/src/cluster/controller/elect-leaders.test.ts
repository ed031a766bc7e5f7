import { describe, expect, it } from 'vitest'
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { LeaderRecoveryState, NO_LEADER } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'
import { ElectionType } from './elect-leaders.ts'

const { PREFERRED, UNCLEAN } = ElectionType

function clusterOf(properties: Readonly<Record<string, string>> = {}): TestCluster {
  const cluster = new TestCluster({ 'min.insync.replicas': '2', ...properties })
  for (const id of [1, 2, 3]) cluster.start(id)
  return cluster
}

function elect(cluster: TestCluster, electionType: number, topic: string, partition = 0) {
  const topics = [{ topic, partitions: [partition] }]
  const [elected] = cluster.send('electLeaders', { electionType, topics })
  return elected!.partitions[0]!
}

describe('ElectLeaders of preferred leaders', () => {
  it('gives leadership to the first replica, if it is in sync', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2, 3], { leader: 2 })
    expect(elect(cluster, PREFERRED, 'orders')).toEqual({ partitionId: 0, errorCode: 0, errorMessage: null })
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, leaderEpoch: 1, isr: [1, 2, 3] })
    expect(elect(cluster, PREFERRED, 'orders')).toMatchObject({
      errorCode: ErrorCode.ELECTION_NOT_NEEDED,
      errorMessage: 'Leader election not needed for topic partition.',
    })
    expect(cluster.lastRecords).toEqual([])
  })

  it('does nothing while the first replica is behind, or dead', () => {
    const cluster = clusterOf()
    cluster.createReplicated('behind', [1, 2, 3], { leader: 2, isr: [2, 3] })
    cluster.createReplicated('dead', [1, 2, 3])
    expect(elect(cluster, PREFERRED, 'behind')).toMatchObject({
      errorCode: ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
      errorMessage: 'The preferred leader was not available.',
    })
    cluster.fence(1)
    expect(elect(cluster, PREFERRED, 'dead').errorCode).toBe(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE)
    expect(cluster.partition('dead')).toMatchObject({ leader: 2, leaderEpoch: 1 })
  })

  it('does nothing while the first replica shuts down', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2, 3])
    cluster.heartbeat(1, { shutDown: true })
    expect(elect(cluster, PREFERRED, 'orders').errorCode).toBe(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE)
  })
})

describe('ElectLeaders, unclean', () => {
  it('takes whoever lives where nobody may lead, but not where somebody leads', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2, 3], { isr: [1] })
    expect(elect(cluster, UNCLEAN, 'orders').errorCode).toBe(ErrorCode.ELECTION_NOT_NEEDED)
    cluster.fence(1)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    expect(elect(cluster, UNCLEAN, 'orders').errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 2,
      isr: [2],
      eligibleLeaderReplicas: [],
      leaderRecoveryState: LeaderRecoveryState.RECOVERING,
    })
  })

  it('takes the last leader first where nobody is eligible any more', () => {
    const cluster = clusterOf({ 'min.insync.replicas': '1' })
    cluster.createReplicated('orders', [1, 2, 3], { isr: [3], leader: 3 })
    cluster.fence(2)
    cluster.alive.delete(3)
    cluster.register(3, null, 77, -1)
    cluster.heartbeat(3)
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, isr: [], lastKnownElr: [3] })
    expect(elect(cluster, UNCLEAN, 'orders').errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3], lastKnownElr: [] })
  })

  it('is refused while no replica lives', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2])
    for (const id of [1, 2]) cluster.fence(id)
    expect(elect(cluster, UNCLEAN, 'orders')).toMatchObject({
      errorCode: ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
      errorMessage: 'Eligible topic partition leaders are not available.',
    })
  })
})

describe('ElectLeaders', () => {
  it('of everything tells only what there was to do', () => {
    const cluster = clusterOf()
    cluster.createReplicated('fine', [1, 2])
    cluster.createReplicated('moved', [1, 2], { leader: 2 })
    cluster.createReplicated('behind', [3, 2], { leader: 2, isr: [2] })
    expect(cluster.send('electLeaders', { electionType: PREFERRED, topics: null })).toEqual([
      { topic: 'fine', partitions: [] },
      { topic: 'moved', partitions: [{ partitionId: 0, errorCode: 0, errorMessage: null }] },
      { topic: 'behind', partitions: [expect.objectContaining({ partitionId: 0, errorCode: 80 })] },
    ])
  })

  it('elects once who is given twice', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2], { leader: 2 })
    const topics = [{ topic: 'orders', partitions: [0, 0] }]
    const [elected] = cluster.send('electLeaders', { electionType: PREFERRED, topics })
    expect(elected?.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0])
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, leaderEpoch: 1 })
  })

  it('does not know what does not exist', () => {
    const cluster = clusterOf()
    cluster.createReplicated('orders', [1, 2])
    expect(elect(cluster, PREFERRED, 'nope')).toMatchObject({
      errorCode: 3,
      errorMessage: 'No such topic as nope',
    })
    expect(elect(cluster, UNCLEAN, 'orders', 5)).toMatchObject({
      errorCode: 3,
      errorMessage: 'No such partition as orders-5',
    })
    expect(() => cluster.send('electLeaders', { electionType: 2, topics: null })).toThrow(KafkaError)
  })
})

describe('balancing leaders', () => {
  /** Ten topics that prefer broker 1, of which it does not lead the first `away`. */
  const withAway = (away: number, properties = {}) => {
    const cluster = clusterOf(properties)
    for (let at = 0; at < 10; at++)
      cluster.createReplicated(`topic-${at}`, [1, 2, 3], { leader: at < away ? 2 : 1 })
    return cluster
  }

  it('gives a broker its leaderships back when more than a tenth of them is elsewhere', () => {
    const cluster = withAway(2)
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 2, more: false })
    expect(cluster.partition('topic-0').leader).toBe(1)
    expect(cluster.partition('topic-1').leader).toBe(1)
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 0, more: false })
  })

  it('leaves a small imbalance alone, as configured', () => {
    expect(withAway(1).send('balanceLeaders', {}).elected).toBe(0)
    const strict = withAway(1, { 'leader.imbalance.per.broker.percentage': '0' })
    expect(strict.send('balanceLeaders', {}).elected).toBe(1)
  })

  it('can be switched off', () => {
    expect(withAway(9, { 'auto.leader.rebalance.enable': 'false' }).send('balanceLeaders', {}).elected).toBe(
      0,
    )
  })

  it('passes over partitions whose preferred replica cannot lead', () => {
    const cluster = withAway(0)
    cluster.fence(1)
    cluster.heartbeat(1)
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 0, more: false })
    cluster.alterIsr('topic-3', [2, 3, 1])
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 1, more: false })
    cluster.heartbeat(1, { shutDown: true })
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 0, more: false })
  })

  it('does a thousand at a time', () => {
    const cluster = clusterOf({ 'min.insync.replicas': '1' })
    cluster.create('large', { numPartitions: 3600, replicationFactor: 3 })
    cluster.fence(1)
    cluster.heartbeat(1)
    const { topicId, partitions } = cluster.image.topics.get('large')!
    cluster.append(
      partitions
        .filter(({ isr }) => !isr.includes(1))
        .map(({ partitionId, replicas }) => ({
          type: 'PartitionChange',
          topicId,
          partitionId,
          isr: replicas,
          leader: null,
          replicas: null,
          removingReplicas: null,
          addingReplicas: null,
          leaderRecoveryState: null,
          eligibleLeaderReplicas: null,
          lastKnownElr: null,
          offlineReplicas: null,
        })),
    )
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 1000, more: true })
    expect(cluster.send('balanceLeaders', {})).toEqual({ elected: 200, more: false })
  })
})
