import { describe, expect, it } from 'vitest'
import { type Cluster, withBrokers } from '../model/cluster.ts'
import { ClusterStore } from '../model/cluster-store.ts'
import { Signal } from '../signal.ts'
import { createMemoryFleet, creatingCluster, memoryDocuments } from '../testing/fixtures.ts'
import { AgentRegistry } from './agents.ts'

describe('an agent', () => {
  it('is told at once what it does not know yet', async () => {
    const { agents } = await setUp()
    const answer = await agents.sync('h-1', { revision: 0, waitMs: 30_000, units: [] })
    expect(answer?.revision).toBeGreaterThan(0)
    expect(answer?.units).toEqual([
      {
        unitId: expect.stringMatching(/-b-1$/),
        clusterId: expect.stringMatching(/^[\w-]{22}$/),
        brokerId: 1,
        desired: 'RUNNING',
        generation: 0,
        port: 9092,
        properties: {
          'node.id': '1',
          'cluster.id': answer!.units[0]!.clusterId,
          'broker.rack': 'us-east-1a',
          listeners: 'PLAINTEXT://127.0.0.1:9092',
          'advertised.listeners': 'PLAINTEXT://127.0.0.1:9092',
          'log.dirs': expect.stringMatching(/^\/data\/hosts\/h-1\/units\/.*-b-1\/data$/),
          'default.replication.factor': '3',
          'offsets.topic.replication.factor': '3',
          'transaction.state.log.replication.factor': '3',
          'transaction.state.log.min.isr': '2',
          'min.insync.replicas': '2',
          'auto.create.topics.enable': 'true',
          'group.initial.rebalance.delay.ms': '0',
          'freshet.coordination.url': expect.stringMatching(
            /^sqlite:\/\/\/data\/clusters\/.*\/coordination.db$/,
          ),
        },
      },
    ])
  })

  it('waits while nothing changes for it, and hears of a change at once', async () => {
    const { agents, clusters, cluster } = await setUp()
    const { revision } = (await agents.sync('h-1', report(0)))!
    let answered = false
    const poll = agents.sync('h-1', report(revision, 30_000)).finally(() => (answered = true))
    await clusters.update(cluster, (newest) => ({ ...newest, tags: { unrelated: 'change' } }))
    await settle()
    expect(answered).toBe(false)
    await clusters.update(cluster, (newest) => withBrokers(newest, (b) => ({ ...b, desired: 'STOPPED' })))
    const answer = await poll
    expect(answer?.revision).not.toBe(revision)
    expect(answer?.units.map(({ desired }) => desired)).toEqual(['STOPPED'])
  })

  it('gets the unchanged units when its time is over or it hangs up', async () => {
    const { agents } = await setUp()
    const first = await agents.sync('h-1', report(0))
    expect(await agents.sync('h-1', report(first!.revision, 5))).toEqual(first)
    const abort = new AbortController()
    const poll = agents.sync('h-1', report(first!.revision, 30_000), abort.signal)
    await settle()
    abort.abort()
    expect(await poll).toEqual(first)
  })

  it('gets an answer when all are to be told something', async () => {
    const { agents } = await setUp()
    const first = await agents.sync('h-1', report(0))
    const poll = agents.sync('h-1', report(first!.revision, 30_000))
    await settle()
    agents.tellAll()
    expect(await poll).toEqual(first)
  })

  it('of an unknown host is told so, also when the host goes away while it waits', async () => {
    const { agents, clusters, cluster } = await setUp()
    expect(await agents.sync('h-9', report(0))).toBeUndefined()
    const { revision } = (await agents.sync('h-1', report(0)))!
    const poll = agents.sync('h-1', report(revision, 30_000))
    await settle()
    await clusters.update(cluster, (newest) => ({ ...newest, brokers: [] }))
    expect(await poll).toBeUndefined()
  })
})

describe('a unit', () => {
  it('is in the state that its agent reports', async () => {
    const { agents, unitId, reports } = await setUp()
    expect(await agents.unitStatus('h-1', unitId)).toBeUndefined()
    const unit = { unitId, state: 'BACKOFF', restarts: 3, lastError: 'exit code 1' } as const
    await agents.sync('h-1', { revision: 0, waitMs: 0, units: [unit] })
    expect(await agents.unitStatus('h-1', unitId)).toEqual({
      isCurrent: false,
      state: 'BACKOFF',
      lastError: 'exit code 1',
    })
    expect(reports()).toBe(1)
    await agents.sync('h-1', { revision: 0, waitMs: 0, units: [unit] })
    expect(reports()).toBe(1)
  })

  it('is REMOVED when an agent that knows the newest revision does not mention it', async () => {
    const { agents, unitId } = await setUp()
    const { revision } = (await agents.sync('h-1', report(0)))!
    expect(await agents.unitStatus('h-1', unitId)).toBeUndefined()
    await agents.sync('h-1', report(revision))
    expect(await agents.unitStatus('h-1', unitId)).toEqual({ isCurrent: true, state: 'REMOVED' })
  })
})

it('knows the hosts that nobody speaks for', async () => {
  const { agents, clock } = await setUp()
  expect(agents.silentHosts(['h-1', 'h-2'])).toEqual(['h-1', 'h-2'])
  const { revision } = (await agents.sync('h-1', report(0)))!
  expect(agents.silentHosts(['h-1', 'h-2'])).toEqual(['h-2'])
  clock.nowMs += 60_000
  expect(agents.silentHosts(['h-1'])).toEqual(['h-1'])
  const abort = new AbortController()
  const poll = agents.sync('h-1', report(revision, 30_000), abort.signal)
  await settle()
  clock.nowMs += 60_000
  expect(agents.silentHosts(['h-1'])).toEqual([])
  abort.abort()
  await poll
})

function report(revision: number, waitMs = 0) {
  return { revision, waitMs, units: [] }
}

/** Lets everything run that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

async function setUp() {
  const clock = { nowMs: 1_000_000 }
  const changed = new Signal()
  const clusters = new ClusterStore(memoryDocuments(), () => changed.notify())
  const fleet = createMemoryFleet()
  const cluster: Cluster = withBrokers(await creatingCluster('orders', 'PROVISIONED', fleet), (broker) => ({
    ...broker,
    hostId: `h-${broker.brokerId}`,
    address: '127.0.0.1',
    port: 9091 + broker.brokerId,
    desired: 'RUNNING',
  }))
  await clusters.create(cluster)
  let reports = 0
  const agents = new AgentRegistry({
    clusters,
    fleet,
    clustersChanged: changed,
    onReport: () => reports++,
    leads: () => true,
    now: () => clock.nowMs,
  })
  return { agents, clusters, cluster, clock, unitId: cluster.brokers[0]!.unitId, reports: () => reports }
}
