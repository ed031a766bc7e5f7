import { describe, expect, it } from 'vitest'
import { LeaderRecoveryState, NO_LEADER } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'

const { RECOVERED, RECOVERING } = LeaderRecoveryState

function clusterOf(minInsyncReplicas: number, ...brokerIds: number[]): TestCluster {
  const cluster = new TestCluster({ 'min.insync.replicas': String(minInsyncReplicas) })
  for (const id of brokerIds) cluster.start(id)
  return cluster
}

/** Comes back as another process; without `isUnharmed` nobody knows what it lost. */
function restart(cluster: TestCluster, brokerId: number, isUnharmed: boolean): void {
  cluster.alive.delete(brokerId)
  const previous = isUnharmed ? cluster.epoch(brokerId) : -1
  cluster.register(brokerId, null, 5000 + cluster.image.offset, previous)
}

describe('leader election', () => {
  it('takes the first live replica in sync, in the order of assignment', () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [3, 1, 2], { isr: [2, 1, 3] })
    cluster.fence(3)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, isr: [2, 1], leaderEpoch: 1 })
  })

  it('passes over a replica that is not in sync', () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [1, 3] })
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3] })
  })

  it('keeps a leader that can go on, preferred or not, and its epoch', () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { leader: 2 })
    cluster.fence(3)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 2,
      isr: [1, 2],
      leaderEpoch: 0,
      partitionEpoch: 1,
    })
  })

  it('does not take a broker that is shutting down', () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3])
    cluster.createReplicated('payments', [2, 1, 3])
    cluster.heartbeat(2, { shutDown: true })
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3] })
  })
})

describe('eligible leader replicas', () => {
  it('are those that left since the ISR fell below min.insync.replicas, and nobody before', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3])
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2, 3], eligibleLeaderReplicas: [] })
    cluster.fence(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3], eligibleLeaderReplicas: [2] })
    cluster.fence(3)
    expect(cluster.partition('orders')).toMatchObject({
      leader: NO_LEADER,
      isr: [],
      eligibleLeaderReplicas: [2, 3],
      lastKnownElr: [3],
    })
    cluster.heartbeat(1)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 2,
      isr: [2],
      eligibleLeaderReplicas: [3],
      lastKnownElr: [],
      leaderRecoveryState: RECOVERED,
    })
  })

  it('do not lead while somebody is in sync', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [2], leader: 2, eligibleLeaderReplicas: [1] })
    const topics = [{ topic: 'orders', partitions: [0] }]
    const [elected] = cluster.send('electLeaders', { electionType: 0, topics })
    expect(elected?.partitions[0]?.errorCode).toBe(80)
    expect(cluster.partition('orders').leader).toBe(2)
  })

  it('are none any more when enough are in sync again', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [3], leader: 3, eligibleLeaderReplicas: [2] })
    expect(cluster.alterIsr('orders', [3, 1]).errorCode).toBe(0)
    expect(cluster.partition('orders')).toMatchObject({ isr: [3, 1], eligibleLeaderReplicas: [] })
  })

  it('follow the lower of min.insync.replicas and the number of replicas', () => {
    const cluster = clusterOf(3, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(1)
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([1])
    cluster.heartbeat(1)
    cluster.alterIsr('orders', [2, 1])
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([])
  })

  it('follow the min.insync.replicas of the topic', () => {
    const cluster = clusterOf(1, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.configure('orders', 'min.insync.replicas', '2')
    cluster.fence(1)
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([1])
  })

  it('with one that suffices is only the last', () => {
    const cluster = clusterOf(1, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(2)
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ isr: [], eligibleLeaderReplicas: [1] })
    cluster.heartbeat(2)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, isr: [1], eligibleLeaderReplicas: [] })
  })
})

describe('a lower min.insync.replicas', () => {
  it('ends eligibility before it lets the leader commit alone', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [3], leader: 3, eligibleLeaderReplicas: [2] })
    cluster.configure('orders', 'min.insync.replicas', '1')
    expect(cluster.partition('orders')).toMatchObject({ isr: [3], eligibleLeaderReplicas: [] })
    expect(cluster.lastRecords.map(({ type }) => type)).toEqual(['PartitionChange', 'Config'])
  })

  it('of all brokers does so in every topic that has none of its own', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    const state = { isr: [3], leader: 3, eligibleLeaderReplicas: [2] }
    cluster.createReplicated('orders', [1, 2, 3], state)
    cluster.createReplicated('own', [1, 2, 3], state)
    cluster.configure('own', 'min.insync.replicas', '2')
    cluster.configure('', 'min.insync.replicas', '1')
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([])
    expect(cluster.partition('own').eligibleLeaderReplicas).toEqual([2])
  })

  it('leaves those eligible who alone can still lead', () => {
    const cluster = clusterOf(2, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(1)
    cluster.fence(2)
    cluster.configure('orders', 'min.insync.replicas', '1')
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([1, 2])
    cluster.heartbeat(1)
    // It commits alone from now on, so the other one is behind.
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, isr: [1], eligibleLeaderReplicas: [] })
  })
})

describe('a broker that may have lost records', () => {
  it('is eligible no more', () => {
    const cluster = clusterOf(2, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3])
    for (const id of [1, 2, 3]) cluster.fence(id)
    restart(cluster, 2, false)
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, eligibleLeaderReplicas: [3] })
    cluster.heartbeat(3)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: RECOVERED })
  })

  it('leaves the ISR without becoming eligible', () => {
    const cluster = clusterOf(2, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    restart(cluster, 1, false)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2], eligibleLeaderReplicas: [] })
  })

  it('is taken as leader, though nobody kept everything, only when every replica is back', () => {
    const cluster = clusterOf(1, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(2)
    restart(cluster, 1, false)
    expect(cluster.partition('orders')).toMatchObject({
      isr: [],
      eligibleLeaderReplicas: [],
      lastKnownElr: [1],
    })
    cluster.heartbeat(1)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 1,
      isr: [1],
      leaderRecoveryState: RECOVERING,
      lastKnownElr: [],
    })
  })

  it('leads again where it is the only replica: nobody ever had more', () => {
    const cluster = clusterOf(1, 1)
    cluster.createReplicated('orders', [1])
    restart(cluster, 1, false)
    expect(cluster.partition('orders')).toMatchObject({
      leader: NO_LEADER,
      isr: [],
      eligibleLeaderReplicas: [],
    })
    cluster.heartbeat(1)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 1,
      isr: [1],
      leaderRecoveryState: RECOVERING,
    })
    expect(cluster.alterIsr('orders', [1])).toMatchObject({ errorCode: 0, leaderRecoveryState: RECOVERED })
  })

  it('waits for a new replica that has all records', () => {
    const cluster = clusterOf(2, 1, 4)
    cluster.fence(1)
    cluster.fence(4)
    cluster.createReplicated('orders', [4, 5, 1], {
      addingReplicas: [4, 5],
      removingReplicas: [1],
      isr: [],
      leader: NO_LEADER,
      eligibleLeaderReplicas: [4],
      lastKnownElr: [1],
    })
    cluster.heartbeat(1)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(4)
    expect(cluster.partition('orders')).toMatchObject({ leader: 4, leaderRecoveryState: RECOVERED })
  })

  it('is one that was unregistered', () => {
    const cluster = clusterOf(2, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(1)
    expect(cluster.partition('orders').eligibleLeaderReplicas).toEqual([1])
    cluster.send('unregisterBroker', { brokerId: 1 })
    expect(cluster.partition('orders')).toMatchObject({ isr: [2], eligibleLeaderReplicas: [] })
  })
})

describe('a broker that lost nothing', () => {
  it('stays eligible over its restart', () => {
    const cluster = clusterOf(1, 1)
    cluster.createReplicated('orders', [1])
    restart(cluster, 1, true)
    expect(cluster.partition('orders')).toMatchObject({ isr: [], eligibleLeaderReplicas: [1] })
    cluster.heartbeat(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, leaderRecoveryState: RECOVERED })
  })

  it('may die before it noted its new epoch, but not once it worked under it', () => {
    const cluster = clusterOf(1, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(2)
    const noted = cluster.epoch(1)
    const comeBack = (incarnation: number) => {
      cluster.alive.delete(1)
      cluster.register(1, null, incarnation, noted)
      return cluster.partition('orders').eligibleLeaderReplicas
    }
    expect(comeBack(1)).toEqual([1])
    expect(comeBack(2)).toEqual([1])
    cluster.heartbeat(1)
    expect(comeBack(3)).toEqual([])
  })

  it('is not believed about a registration of long ago', () => {
    const cluster = clusterOf(1, 1, 2)
    cluster.createReplicated('orders', [1, 2])
    const first = cluster.epoch(1)
    restart(cluster, 1, true)
    cluster.heartbeat(1)
    cluster.fence(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, eligibleLeaderReplicas: [2] })
    cluster.heartbeat(2)
    cluster.alterIsr('orders', [2, 1])
    cluster.fence(2)
    cluster.alive.delete(1)
    cluster.register(1, null, 99, first)
    expect(cluster.partition('orders')).toMatchObject({ isr: [], eligibleLeaderReplicas: [] })
  })
})

describe('unclean leader election', () => {
  const uncleanTopic = () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [1] })
    return cluster
  }

  it('is never done unless the topic allows it', () => {
    const cluster = uncleanTopic()
    cluster.fence(1)
    cluster.fence(2)
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, eligibleLeaderReplicas: [1] })
  })

  it('takes the first live replica, alone in sync and recovering', () => {
    const cluster = uncleanTopic()
    cluster.configure('orders', 'unclean.leader.election.enable', 'true')
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 2,
      isr: [2],
      eligibleLeaderReplicas: [],
      leaderRecoveryState: RECOVERING,
    })
  })

  it('happens as soon as it is allowed', () => {
    const cluster = uncleanTopic()
    cluster.fence(1)
    cluster.configure('orders', 'unclean.leader.election.enable', 'true')
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, leaderRecoveryState: RECOVERING })
  })

  it('is not needed while somebody in sync lives', () => {
    const cluster = clusterOf(1, 1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [1, 3] })
    cluster.configure('orders', 'unclean.leader.election.enable', 'true')
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, leaderRecoveryState: RECOVERED })
  })
})
