import { describe, expect, it } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import type { HostNotice } from '../model/unit.ts'
import { type RunnerContext, runNextStep } from '../reconcile/runner.ts'
import { ACCOUNT, creatingCluster, NOW, silentLog } from '../testing/fixtures.ts'
import { Crash, type CrashPlan, SimulatedWorld } from '../testing/simulated-world.ts'
import { createHostKeeper } from './host-keeper.ts'
import { type HostOperationType, HostStore, withOperation } from './host-record.ts'

const SHARED = 'shared-us-east-1a-1'

describe('a shared host', () => {
  it('gets another instance with its volume once the brokers of all its clusters have stopped', async () => {
    const { world, clusters } = await serverlessClusters(3)
    await ask(world, SHARED, 'REPLACE')
    await settle(world, clusters)
    expect(world.fleet.replaced).toEqual([SHARED])
    for (const cluster of clusters) {
      expect(await world.clusters.find(cluster)).toMatchObject({
        state: 'ACTIVE',
        brokers: [
          { hostId: SHARED, address: '127.0.0.2' },
          { address: '127.0.0.1' },
          { address: '127.0.0.1' },
        ],
      })
    }
    expect(await record(world, SHARED)).toMatchObject({ operation: { state: 'COMPLETE' } })
    expect(await record(world, SHARED)).not.toHaveProperty('cordon')
  })

  it('waits with that for a cluster that is not whole, and no broker stops meanwhile', async () => {
    const { world, clusters } = await serverlessClusters(2)
    world.units.delete(clusters[1]!.brokers[2]!.unitId)
    const context = world.boot()
    const sick = clusters[1]!.brokers[2]!.unitId
    const { unitStatus } = context.agents
    const agents: typeof context.agents = {
      unitStatus: async (hostId, unitId) =>
        unitId === sick ? { state: 'BACKOFF', isCurrent: true } : unitStatus(hostId, unitId),
    }
    await ask(world, SHARED, 'REPLACE')
    await turns(world, clusters, { ...context, agents }, 30)
    const states = await Promise.all(clusters.map((cluster) => world.clusters.find(cluster)))
    expect(states[1]?.brokers.map(({ desired }) => desired)).toEqual(['RUNNING', 'RUNNING', 'RUNNING'])
    expect(world.fleet.replaced).toEqual([])
    expect(await record(world, SHARED)).toMatchObject({
      operation: { message: expect.stringContaining('is MAINTENANCE') },
    })
    await settle(world, clusters)
    expect(world.fleet.replaced).toEqual([SHARED])
  })

  it('is drained: each cluster has a broker elsewhere in the zone instead, and the host stays, empty', async () => {
    const { world, clusters } = await serverlessClusters(4)
    await ask(world, SHARED, 'DRAIN')
    await settle(world, clusters)
    for (const cluster of clusters) {
      const { brokers } = (await world.clusters.find(cluster))!
      expect(brokers.map(({ brokerId, zone, hostId }) => [brokerId, zone, hostId])).toEqual([
        [2, 'us-east-1b', 'shared-us-east-1b-1'],
        [3, 'us-east-1c', 'shared-us-east-1c-1'],
        [4, 'us-east-1a', 'shared-us-east-1a-2'],
      ])
    }
    expect(world.fleet.hosts.has(SHARED)).toBe(true)
    expect(await record(world, SHARED)).toMatchObject({
      cordon: { reason: 'test' },
      operation: { state: 'COMPLETE' },
    })
    await ask(world, SHARED, 'TERMINATE')
    await settle(world, clusters)
    expect(world.fleet.hosts.has(SHARED)).toBe(false)
    expect(await record(world, SHARED)).toBeUndefined()
  })

  it('that is cordoned gets no more brokers', async () => {
    const { world } = await serverlessClusters(1)
    await new HostStore(world.documents).change(
      { hostId: SHARED, zone: 'us-east-1a', shared: true },
      (host) => ({ ...host, cordon: { reason: 'test', since: '' } }),
    )
    const cluster = await create(world, 'later', 'SERVERLESS')
    expect(cluster.brokers.map(({ hostId }) => hostId)).toEqual([
      'shared-us-east-1a-2',
      'shared-us-east-1b-1',
      'shared-us-east-1c-1',
    ])
  })
})

describe('a host of its own', () => {
  it('is terminated once its broker’s records are on another one, and is forgotten', async () => {
    const { world, cluster } = await provisionedCluster()
    const { hostId } = cluster.brokers[0]!
    await ask(world, hostId!, 'TERMINATE')
    await settle(world, [cluster])
    const after = (await world.clusters.find(cluster))!
    expect(after.brokers.map(({ brokerId }) => brokerId)).toEqual([2, 3, 4])
    expect([...world.fleet.hosts.keys()].sort()).toEqual(after.brokers.map((broker) => broker.hostId).sort())
    expect(await record(world, hostId!)).toBeUndefined()
    expect(world.kafka.replicasOn(1)).toBe(0)
  })

  it.each(['REPLACE', 'TERMINATE'] as const)(
    'comes through a %s although the control plane dies at whatever moment',
    async (type) => {
      let plans = 0
      for (let at = 1, struck = true; struck; at++) {
        struck = false
        for (const when of ['BEFORE', 'AFTER'] as const) {
          const { world, cluster } = await provisionedCluster()
          const { hostId } = cluster.brokers[0]!
          await ask(world, hostId!, type)
          world.effects = 0
          struck = (await settle(world, [cluster], { at, when })) || struck
          const after = (await world.clusters.find(cluster))!
          expect(after).toMatchObject({ state: 'ACTIVE' })
          expect(after.brokers.every(({ desired, address }) => desired === 'RUNNING' && address)).toBe(true)
          expect(world.fleet.replaced).toEqual(type === 'REPLACE' ? [hostId] : [])
          expect(world.fleet.hosts.has(hostId!)).toBe(type === 'REPLACE')
          expect(world.fleet.hosts.size).toBe(3)
          plans++
        }
      }
      expect(plans).toBeGreaterThan(20)
    },
    30_000,
  )

  it('whose agent is silent is replaced without waiting for it, if that is asked for', async () => {
    const { world, cluster } = await provisionedCluster()
    const { hostId } = cluster.brokers[0]!
    const context = world.boot()
    const { unitStatus } = context.agents
    const agents: typeof context.agents = {
      unitStatus: async (...of) =>
        of[0] === hostId && world.fleet.replaced.length === 0 ? undefined : unitStatus(...of),
    }
    await ask(world, hostId!, 'REPLACE')
    await turns(world, [cluster], { ...context, agents }, 30)
    expect(world.fleet.replaced).toEqual([])
    await ask(world, hostId!, 'REPLACE', true)
    await turns(world, [cluster], { ...context, agents }, 60)
    expect(world.fleet.replaced).toEqual([hostId])
    expect(await world.clusters.find(cluster)).toMatchObject({ state: 'ACTIVE' })
  })
})

describe('nobody asks for it:', () => {
  it('a host that the cloud is about to take away is replaced, once', async () => {
    const { world, cluster } = await provisionedCluster()
    const { hostId } = cluster.brokers[1]!
    const notice = {
      kind: 'SPOT_INTERRUPTION',
      detail: 'terminate',
      notBefore: '2026-11-21T08:22:00Z',
    } as const
    // Nothing is announced for the new instance.
    const isFirst = () => world.fleet.replaced.length === 0
    await settle(world, [cluster], undefined, () => new Map(isFirst() ? [[hostId!, [notice]]] : []))
    expect(world.fleet.replaced).toEqual([hostId])
    expect(await record(world, hostId!)).toMatchObject({
      operation: {
        reason: 'SPOT_INTERRUPTION: terminate, not before 2026-11-21T08:22:00Z',
        instanceId: `instance of ${hostId}`,
      },
    })
  })

  it('hosts of an older image are replaced one after the other', async () => {
    const { world, cluster } = await provisionedCluster()
    const hostIds = cluster.brokers.map(({ hostId }) => hostId!)
    for (const hostId of hostIds) world.fleet.outdated.set(hostId, 'It is old')
    await settle(world, [cluster])
    expect([...world.fleet.replaced].sort()).toEqual([...hostIds].sort())
    expect(world.absentMax).toBeLessThanOrEqual(1)
  })

  it('a host whose cluster is busy waits with that', async () => {
    const { world, cluster } = await provisionedCluster()
    await world.clusters.update(cluster, (newest) => ({ ...newest, state: 'UPDATING' }))
    world.fleet.outdated.set(cluster.brokers[0]!.hostId!, 'It is old')
    await turns(world, [], world.boot(), 5)
    expect(await new HostStore(world.documents).list()).toEqual([])
  })
})

async function serverlessClusters(count: number) {
  const world = new SimulatedWorld()
  const clusters: Cluster[] = []
  for (let number = 1; number <= count; number++)
    clusters.push(await create(world, `s-${number}`, 'SERVERLESS'))
  return { world, clusters }
}

async function provisionedCluster() {
  const world = new SimulatedWorld()
  const cluster = await create(world, 'orders', 'PROVISIONED')
  world.kafka.addTopic({ topicName: 'orders', partitionCount: 7, replicationFactor: 3, configs: {} }, 10 ** 8)
  return { world, cluster }
}

async function create(world: SimulatedWorld, name: string, type: Cluster['clusterType']): Promise<Cluster> {
  const cluster = await creatingCluster(name, type, world.fleet)
  await world.clusters.create(cluster)
  await world.run(cluster, world.boot())
  return (await world.clusters.find(cluster))!
}

async function ask(world: SimulatedWorld, hostId: string, type: HostOperationType, force = false) {
  const { zone } = world.fleet.hosts.get(hostId)!
  const instanceId = await world.fleet.instanceOf(hostId)
  const request = { type, reason: 'test', force, ...(instanceId === undefined ? {} : { instanceId }) }
  await new HostStore(world.documents).change({ hostId, zone, shared: hostId.startsWith('shared') }, (host) =>
    withOperation(host, request, NOW),
  )
}

async function record(world: SimulatedWorld, hostId: string) {
  return (await new HostStore(world.documents).list()).find((host) => host.hostId === hostId)
}

type Notices = ReadonlyMap<string, readonly HostNotice[]>

/** Lets a control plane work until nothing is left to do, another one where the first dies; whether it died. */
async function settle(
  world: SimulatedWorld,
  clusters: readonly Cluster[],
  crash?: CrashPlan,
  notices: () => Notices = () => new Map(),
): Promise<boolean> {
  const isOver = () => turns(world, clusters, world.boot(crash), 400, notices)
  const died = await isOver().catch((error: unknown) => {
    if (error instanceof Crash) return 'DIED' as const
    throw error
  })
  if (died === 'DIED') await turns(world, clusters, world.boot(), 400, notices)
  return world.effects >= (crash?.at ?? Infinity)
}

async function turns(
  world: SimulatedWorld,
  clusters: readonly Cluster[],
  context: RunnerContext,
  count: number,
  notices: () => Notices = () => new Map(),
): Promise<void> {
  const clock = { nowMs: NOW }
  const keeper = createHostKeeper({
    ...context,
    agents: { notices },
    account: ACCOUNT,
    now: () => clock.nowMs,
    log: silentLog,
  })
  for (let turn = 0; turn < count; turn++) {
    await keeper.run(new AbortController().signal)
    const progress = []
    for (const cluster of clusters) progress.push(await runNextStep(cluster, context))
    const records = await new HostStore(world.documents).list()
    const isOver = records.every(({ operation }) => operation?.state !== 'IN_PROGRESS')
    if (turn > 0 && isOver && progress.every(({ kind }) => kind === 'IDLE')) return
    clock.nowMs += 100
  }
}
