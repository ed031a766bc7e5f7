import { describe, expect, it } from 'vitest'
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { LeaderRecoveryState } from '../records.ts'
import { TestCluster, uuidOf } from '../test-cluster.ts'

const { RECOVERED, RECOVERING } = LeaderRecoveryState

function withOrders(state = {}): TestCluster {
  const cluster = new TestCluster({ 'min.insync.replicas': '2' })
  for (const id of [1, 2, 3, 4]) cluster.start(id)
  cluster.createReplicated('orders', [1, 2, 3], { leaderEpoch: 5, partitionEpoch: 7, ...state })
  return cluster
}

describe('AlterPartition', () => {
  it('shrinks and expands the ISR with the partition epoch, not the leader epoch', () => {
    const cluster = withOrders()
    expect(cluster.alterIsr('orders', [1, 3])).toEqual({
      partitionIndex: 0,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 5,
      isr: [1, 3],
      leaderRecoveryState: RECOVERED,
      partitionEpoch: 8,
    })
    expect(cluster.alterIsr('orders', [1, 3, 2])).toMatchObject({ isr: [1, 3, 2], partitionEpoch: 9 })
    expect(cluster.partition('orders')).toMatchObject({ isr: [1, 3, 2], partitionEpoch: 9, leaderEpoch: 5 })
  })

  it('keeps who leaves too small an ISR eligible', () => {
    const cluster = withOrders()
    cluster.alterIsr('orders', [1])
    expect(cluster.partition('orders')).toMatchObject({ isr: [1], eligibleLeaderReplicas: [2, 3] })
  })

  it('writes nothing when nothing changes', () => {
    const cluster = withOrders()
    expect(cluster.alterIsr('orders', [1, 2, 3])).toMatchObject({ errorCode: 0, partitionEpoch: 7 })
    expect(cluster.lastRecords).toEqual([])
  })

  // Each request also has every fault of the rows below its own: the first check that fails decides.
  const faults = [
    [ErrorCode.NOT_CONTROLLER, 'a leader epoch of the future', { leaderEpoch: 6 }],
    [ErrorCode.NOT_CONTROLLER, 'a partition epoch of the future', { leaderEpoch: 4, partitionEpoch: 8 }],
    [ErrorCode.FENCED_LEADER_EPOCH, 'an old leader epoch', { leaderEpoch: 4, senderId: 2 }],
    [ErrorCode.INVALID_REQUEST, 'a sender that does not lead', { senderId: 2, partitionEpoch: 6 }],
    [ErrorCode.INVALID_UPDATE_VERSION, 'an old partition epoch', { partitionEpoch: 6, isr: [1, 4] }],
    [ErrorCode.INVALID_REQUEST, 'a member that is no replica', { isr: [1, 4], epoch: 99 }],
    [ErrorCode.INVALID_REQUEST, 'a member twice', { isr: [1, 2, 2], epoch: 99 }],
    [ErrorCode.INVALID_REQUEST, 'no leader in the ISR', { isr: [2, 3], epoch: 99 }],
    [ErrorCode.INVALID_REQUEST, 'a new recovery', { leaderRecoveryState: RECOVERING, isr: [1], epoch: 99 }],
    [ErrorCode.INVALID_REQUEST, 'an unknown recovery state', { leaderRecoveryState: 2, isr: [1], epoch: 99 }],
    [ErrorCode.INELIGIBLE_REPLICA, 'another registration of a member', { epoch: 99 }],
  ] as const

  it.each(faults)('answers %i to %s', (code, _, fault) => {
    const cluster = withOrders()
    const { isr = [1, 2], epoch, ...change } = { isr: undefined, epoch: undefined, ...fault }
    const members = isr.map((brokerId) => ({ brokerId, brokerEpoch: epoch ?? cluster.epoch(brokerId) }))
    expect(cluster.alterIsr('orders', isr, { newIsrWithEpochs: members, ...change }).errorCode).toBe(code)
    expect(cluster.lastRecords).toEqual([])
  })

  it('refuses members that are fenced, shutting down or gone', () => {
    const cluster = withOrders({ isr: [1] })
    cluster.createReplicated('payments', [3, 1])
    cluster.fence(2)
    expect(cluster.alterIsr('orders', [1, 2]).errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA)
    cluster.heartbeat(3, { shutDown: true })
    expect(cluster.image.brokers.get(3)?.fenced).toBe(false)
    expect(cluster.alterIsr('orders', [1, 3]).errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA)
    cluster.send('unregisterBroker', { brokerId: 2 })
    const gone = [1, 2].map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
    expect(cluster.alterIsr('orders', [1], { newIsrWithEpochs: gone }).errorCode).toBe(
      ErrorCode.INELIGIBLE_REPLICA,
    )
  })

  it('takes members of any epoch where the leader does not know it', () => {
    const cluster = withOrders()
    const members = [1, 2].map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
    expect(cluster.alterIsr('orders', [], { newIsrWithEpochs: members })).toMatchObject({ isr: [1, 2] })
  })

  it('ends a recovery, and lets nobody join before', () => {
    const cluster = withOrders({ isr: [1], leaderRecoveryState: RECOVERING })
    const change = { leaderRecoveryState: RECOVERING }
    expect(cluster.alterIsr('orders', [1, 2], change).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(cluster.alterIsr('orders', [1], change)).toMatchObject({
      errorCode: 0,
      leaderRecoveryState: RECOVERING,
    })
    expect(cluster.alterIsr('orders', [1, 2])).toMatchObject({ errorCode: 0, leaderRecoveryState: RECOVERED })
  })

  it('does not know what does not exist', () => {
    const cluster = withOrders()
    expect(cluster.alterIsr('orders', [1], { partitionIndex: 9 }).errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
    const { topics } = cluster.send('alterPartition', {
      brokerId: 1,
      brokerEpoch: cluster.epoch(1),
      topics: [{ topicId: uuidOf(1), partitions: [asked({})] }],
    })
    expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })

  it('is refused as a whole from a registration that was replaced', () => {
    const cluster = withOrders()
    const request = { brokerId: 1, brokerEpoch: 99, topics: [] }
    expect(() => cluster.send('alterPartition', request)).toThrow(KafkaError)
  })

  it('takes one change per partition', () => {
    const cluster = withOrders()
    const { topicId } = cluster.image.topics.get('orders')!
    const partitions = [asked({ members: [1, 2] }), asked({ members: [1, 3] })]
    const { topics } = cluster.send('alterPartition', {
      brokerId: 1,
      brokerEpoch: cluster.epoch(1),
      topics: [{ topicId, partitions }],
    })
    expect(topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_REQUEST])
    expect(cluster.partition('orders')).toMatchObject({ isr: [1, 2], partitionEpoch: 8 })
  })
})

function asked({ members = [1] }: { members?: number[] }) {
  return {
    partitionIndex: 0,
    leaderEpoch: 5,
    partitionEpoch: 7,
    leaderRecoveryState: RECOVERED,
    newIsrWithEpochs: members.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
  }
}
