import { describe, expect, it } from 'vitest'
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { NO_LEADER } from '../records.ts'
import { CLUSTER_ID, TestCluster, uuidOf } from '../test-cluster.ts'

function codeOf(work: () => unknown): number {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return ErrorCode.NONE
}

const registration = {
  brokerId: 1,
  clusterId: CLUSTER_ID,
  incarnationId: uuidOf(1),
  rack: 'a',
  previousBrokerEpoch: -1,
  endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 'PLAINTEXT' }],
}

describe('broker registration', () => {
  it('starts fenced, with the index of its log entry as epoch', () => {
    const cluster = new TestCluster()
    cluster.register(7, 'a')
    expect(cluster.register(1, 'b')).toBe(1)
    expect(cluster.image.brokers.get(1)).toMatchObject({ brokerEpoch: 1, rack: 'b', fenced: true })
  })

  it('refuses another process with the id of a living broker', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    expect(codeOf(() => cluster.register(1, null, 2))).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  })

  it('takes another process once the session of the first one is over, and moves its leaders', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2]) cluster.start(id)
    cluster.createReplicated('orders', [1, 2])
    const before = cluster.epoch(1)
    cluster.alive.delete(1)
    expect(cluster.register(1, null, 2)).toBeGreaterThan(before)
    expect(cluster.image.brokers.get(1)?.fenced).toBe(true)
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1 })
  })

  it('gives the same process its epoch again and leaves it unfenced', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    const before = cluster.epoch(1)
    expect(cluster.register(1, null)).toBe(before)
    expect(cluster.lastRecords).toEqual([])
    expect(cluster.register(1, 'moved')).toBe(before)
    expect(cluster.image.brokers.get(1)).toMatchObject({ rack: 'moved', fenced: false })
  })

  it('fixes min.insync.replicas for all brokers with the first one', () => {
    const cluster = new TestCluster({ 'min.insync.replicas': '2' })
    cluster.append([
      { type: 'Config', resourceType: 4, resourceName: '2', name: 'min.insync.replicas', value: '1' },
    ])
    cluster.start(1)
    const shared = () => cluster.image.configs(4, '').get('min.insync.replicas')
    expect(shared()).toBe('2')
    cluster.configure('', 'min.insync.replicas', '3')
    cluster.register(2, null)
    expect(cluster.lastRecords.map(({ type }) => type)).toEqual(['RegisterBroker', 'Config'])
    expect(shared()).toBe('3')
    expect(cluster.image.configs(4, '2').size).toBe(0)
  })

  it.each([
    [ErrorCode.INCONSISTENT_CLUSTER_ID, { clusterId: uuidOf(9) }],
    [ErrorCode.INVALID_REGISTRATION, { endpoints: [] }],
    [ErrorCode.INVALID_REGISTRATION, { brokerId: -1 }],
    [ErrorCode.INVALID_REGISTRATION, { incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('answers %i to %o', (code, wrong) => {
    const cluster = new TestCluster()
    expect(codeOf(() => cluster.send('registerBroker', { ...registration, ...wrong }))).toBe(code)
  })

  it('can be taken back', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    cluster.create('orders')
    cluster.send('unregisterBroker', { brokerId: 1 })
    expect(cluster.image.brokers.size).toBe(0)
    expect(cluster.partition('orders').leader).toBe(NO_LEADER)
    expect(codeOf(() => cluster.send('unregisterBroker', { brokerId: 1 }))).toBe(
      ErrorCode.BROKER_ID_NOT_REGISTERED,
    )
  })
})

describe('broker heartbeat', () => {
  it('unfences a broker only when it has applied its own registration', () => {
    const cluster = new TestCluster()
    const brokerEpoch = cluster.register(1, null)
    const request = { brokerId: 1, brokerEpoch, wantFence: false, wantShutDown: false }
    expect(cluster.send('heartbeat', { ...request, currentMetadataOffset: brokerEpoch - 1 })).toEqual({
      isCaughtUp: false,
      isFenced: true,
      shouldShutDown: false,
    })
    expect(cluster.send('heartbeat', { ...request, currentMetadataOffset: brokerEpoch })).toEqual({
      isCaughtUp: true,
      isFenced: false,
      shouldShutDown: false,
    })
    expect(cluster.image.brokers.get(1)?.fenced).toBe(false)
  })

  it('writes nothing while nothing changes', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    cluster.heartbeat(1)
    expect(cluster.lastRecords).toEqual([])
  })

  it('is refused from strangers and from replaced registrations', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    const request = { currentMetadataOffset: 9, wantFence: false, wantShutDown: false }
    expect(codeOf(() => cluster.send('heartbeat', { ...request, brokerId: 2, brokerEpoch: 0 }))).toBe(
      ErrorCode.BROKER_ID_NOT_REGISTERED,
    )
    expect(codeOf(() => cluster.send('heartbeat', { ...request, brokerId: 1, brokerEpoch: 99 }))).toBe(
      ErrorCode.STALE_BROKER_EPOCH,
    )
  })

  it('fences a broker that wants it', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    expect(cluster.heartbeat(1, { fence: true })).toMatchObject({ isFenced: true })
    expect(cluster.image.brokers.get(1)?.fenced).toBe(true)
  })

  it('shuts a leader down in two steps: leaders move, then it may go, and stays out', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2]) cluster.start(id)
    cluster.createReplicated('orders', [1, 2])
    expect(cluster.heartbeat(1, { shutDown: true })).toMatchObject({ isFenced: false, shouldShutDown: false })
    expect(cluster.partition('orders')).toMatchObject({ leader: 2, isr: [2] })
    expect(cluster.heartbeat(1, { shutDown: true })).toMatchObject({ isFenced: true, shouldShutDown: true })
    expect(cluster.heartbeat(1)).toMatchObject({ isFenced: true })
    expect(cluster.image.brokers.get(1)?.fenced).toBe(true)
  })

  it('lets a broker that leads nothing go at once', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    expect(cluster.heartbeat(1, { shutDown: true })).toMatchObject({ shouldShutDown: true })
  })
})

describe('fencing', () => {
  it('leaves a partition of one replica eligible, and gives it back with the next leader epoch', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    cluster.create('orders', { numPartitions: 2 })
    expect(cluster.fence(1)).toEqual({ fenced: true })
    for (const id of [0, 1]) {
      expect(cluster.partition('orders', id)).toMatchObject({
        leader: NO_LEADER,
        isr: [],
        eligibleLeaderReplicas: [1],
        leaderEpoch: 1,
      })
    }
    cluster.heartbeat(1)
    for (const id of [0, 1]) {
      expect(cluster.partition('orders', id)).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 2 })
    }
  })

  it('does nothing to a broker that is fenced, unknown or registered anew', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    expect(cluster.send('fenceBroker', { brokerId: 1, brokerEpoch: 77 })).toEqual({ fenced: false })
    expect(cluster.send('fenceBroker', { brokerId: 5, brokerEpoch: 0 })).toEqual({ fenced: false })
    cluster.fence(1)
    expect(cluster.fence(1)).toEqual({ fenced: false })
    expect(cluster.lastRecords).toEqual([])
  })
})

describe('producer ids', () => {
  it('come in blocks of a thousand that never overlap', () => {
    const cluster = new TestCluster()
    for (const id of [1, 2]) cluster.start(id)
    const allocate = (brokerId: number) =>
      cluster.send('allocateProducerIds', { brokerId, brokerEpoch: cluster.epoch(brokerId) })
    expect([1, 2, 1].map(allocate)).toEqual([
      { producerIdStart: 0, producerIdLen: 1000 },
      { producerIdStart: 1000, producerIdLen: 1000 },
      { producerIdStart: 2000, producerIdLen: 1000 },
    ])
  })

  it('go only to a registered broker of the current epoch', () => {
    const cluster = new TestCluster()
    cluster.start(1)
    expect(codeOf(() => cluster.send('allocateProducerIds', { brokerId: 1, brokerEpoch: 50 }))).toBe(
      ErrorCode.STALE_BROKER_EPOCH,
    )
  })
})
