import { describe, expect, it } from 'vitest'
import { NO_LEADER } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'
import { electLeader } from './elections.ts'

function clusterOf(...brokerIds: number[]): TestCluster {
  const cluster = new TestCluster()
  for (const id of brokerIds) cluster.start(id)
  return cluster
}

describe('leader election', () => {
  it('takes the first live replica in sync, in the order of assignment', () => {
    const cluster = clusterOf(1, 2, 3)
    cluster.createReplicated('orders', [3, 1, 2], { isr: [2, 1, 3] })
    cluster.fence(3)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, isr: [2, 1], leaderEpoch: 1 })
  })

  it('passes over a replica that is not in sync', () => {
    const cluster = clusterOf(1, 2, 3)
    cluster.createReplicated('orders', [1, 2, 3], { isr: [1, 3] })
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, isr: [3] })
  })

  it('shrinks the ISR without touching the leader when a follower goes', () => {
    const cluster = clusterOf(1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(2)
    expect(cluster.partition('orders')).toMatchObject({
      leader: 1,
      isr: [1],
      leaderEpoch: 0,
      partitionEpoch: 1,
    })
  })

  it('waits for the last one in sync rather than lose records', () => {
    const cluster = clusterOf(1, 2)
    cluster.createReplicated('orders', [1, 2])
    cluster.fence(2)
    cluster.fence(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: NO_LEADER, isr: [1] })
    cluster.heartbeat(2)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    cluster.heartbeat(1)
    expect(cluster.partition('orders')).toMatchObject({ leader: 1, isr: [1] })
  })

  it('takes an eligible replica when nobody is in sync, which then is alone in sync', () => {
    const cluster = clusterOf(1, 2)
    cluster.fence(2)
    cluster.createReplicated('orders', [1, 2, 3], {
      isr: [],
      leader: NO_LEADER,
      eligibleLeaderReplicas: [2, 3],
    })
    cluster.heartbeat(2)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2], eligibleLeaderReplicas: [3] })
  })

  it('keeps a leader that can go on', () => {
    const cluster = clusterOf(1, 2)
    cluster.createReplicated('orders', [1, 2], { leader: 2 })
    expect(electLeader(cluster.partition('orders'), () => true)).toBe(2)
  })
})
