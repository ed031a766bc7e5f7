import { describe, expect, it } from 'vitest'
import { type Cluster, deleting } from '../../model/cluster.ts'
import { brokerEndpoints } from '../../model/endpoints.ts'
import { newUuid } from '../../model/identifiers.ts'
import type { UpdateType } from '../../model/operation.ts'
import { ACCOUNT, creatingCluster, NOW, silentLog } from '../../testing/fixtures.ts'
import { Crash, type CrashPlan, SimulatedWorld } from '../../testing/simulated-world.ts'
import { beginUpdate, UPDATE_TYPES } from '../../testing/updates.ts'
import { type RunnerContext, runNextStep } from '../runner.ts'
import { createHealer } from './healer.ts'

describe('a cluster whose host died', () => {
  it('is HEALING until the broker is back under its id, on another address, and all replicas are in sync', async () => {
    const { world, cluster } = await withDeadHost()
    const context = world.boot()
    await watch(world, context)
    expect(await world.clusters.find(cluster)).toMatchObject({
      state: 'HEALING',
      activeOperation: { operationType: 'HEAL_BROKER' },
    })
    expect(brokerEndpoints((await world.clusters.find(cluster))!)).toHaveLength(2)
    expect(await world.run(cluster, context)).toBe(true)
    const healed = await expectHealed(world, cluster)
    expect(healed.brokers[1]).toMatchObject({ brokerId: 2, address: '127.0.0.2', desired: 'RUNNING' })
    expect(healed.currentVersion).toBe(cluster.currentVersion)
    const operations = (await world.clusters.operations(healed)).map(({ operation }) => operation)
    expect(operations.find(({ operationType }) => operationType === 'HEAL_BROKER')).toMatchObject({
      operationState: 'UPDATE_COMPLETE',
    })
  })

  it('is healed after a crash of the control plane at whatever moment, with one replacement', async () => {
    let struck = true
    let plans = 0
    for (let at = 1; struck; at++) {
      struck = false
      for (const when of ['BEFORE', 'AFTER'] as const) {
        const { world, cluster } = await withDeadHost()
        struck = (await heal(world, cluster, { at, when })) || struck
        if (struck) await heal(world, cluster)
        await expectHealed(world, cluster)
        plans++
      }
    }
    // The note, then a write for the beginning and one for the end of each step, at least.
    expect(plans).toBeGreaterThanOrEqual(2 * (1 + 2 * 3))
  })

  it('has one host replaced at a time', async () => {
    const { world, cluster } = await withDeadHost()
    world.failHost(cluster.brokers[2]!)
    const context = world.boot()
    await watch(world, context)
    const failed = (await world.clusters.find(cluster))!.brokers.filter(({ hostFailure }) => hostFailure)
    expect(failed.map(({ brokerId }) => brokerId)).toEqual([2])
    for (let turn = 0; turn < 3; turn++) await runNextStep(cluster, context)
    await watch(world, context)
    expect(await world.run(cluster, context)).toBe(true)
    expect(world.fleet.replaced).toEqual([cluster.brokers[1]!.hostId, cluster.brokers[2]!.hostId])
    expect(await world.clusters.find(cluster)).toMatchObject({ state: 'ACTIVE' })
  })
})

describe('a host that dies during', () => {
  it.each(UPDATE_TYPES)('%s is replaced, and the update goes on', async (type: UpdateType) => {
    for (const turns of [0, 2, 5, 9]) {
      const world = new SimulatedWorld()
      const cluster = await activeCluster(world, type === 'DECREASE_BROKER_COUNT' ? 6 : 3)
      await world.clusters.update(cluster, (newest) => beginUpdate(type, newest))
      const context = world.boot()
      for (let turn = 0; turn < turns; turn++) await runNextStep(cluster, context)
      const found = (await world.clusters.find(cluster))!
      const victim = found.brokers[1]!
      if (victim.address === undefined) continue
      world.failHost(victim)
      await watch(world, context)
      while (world.fleet.replaced.length === 0) await runNextStep(cluster, context)
      // Its agent starts what it finds on the volume, and what it is told.
      await context.agents.unitStatus(victim.hostId!, victim.unitId)
      expect(await world.run(cluster, context)).toBe(true)
      const operations = (await world.clusters.operations(cluster)).map(({ operation }) => operation)
      const wasOver = found.activeOperation === undefined
      expect(operations.map(({ operationType }) => operationType).sort()).toEqual(
        ['CREATE_CLUSTER', type, ...(wasOver ? ['HEAL_BROKER'] : [])].sort(),
      )
      for (const { operationState } of operations) expect(operationState).toMatch(/_COMPLETE$/)
      // One that dies after it was replaced is replaced again.
      expect(new Set(world.fleet.replaced).size).toBe(1)
      if (type !== 'REPLACE_HOST') expect(world.fleet.replaced).toEqual([victim.hostId])
    }
  })

  it('the deletion of its cluster is not replaced, and keeps nothing from going', async () => {
    const { world, cluster } = await withDeadHost()
    await world.clusters.update(cluster, (newest) => deleting(ACCOUNT, newest, newUuid(), NOW))
    const context = world.boot()
    await watch(world, context)
    expect(await world.run(cluster, context)).toBe(true)
    expect(world.fleet.replaced).toEqual([])
    expect([world.fleet.hosts.size, await world.documents.list('')]).toEqual([0, []])
  })
})

it('serves all clusters of a shared host with one replacement', async () => {
  const world = new SimulatedWorld()
  const clusters: Cluster[] = []
  for (const name of ['a', 'b', 'c']) {
    const cluster = await creatingCluster(name, 'SERVERLESS', world.fleet)
    await world.clusters.create(cluster)
    await world.run(cluster, world.boot())
    clusters.push((await world.clusters.find(cluster))!)
  }
  for (const { brokers } of clusters) world.failHost(brokers[0]!)
  const context = world.boot()
  await watch(world, context)
  for (const cluster of clusters) expect(await world.run(cluster, context)).toBe(true)
  for (const cluster of clusters) {
    expect(await world.clusters.find(cluster)).toMatchObject({
      state: 'ACTIVE',
      brokers: [{ hostId: 'shared-us-east-1a-1' }, {}, {}],
    })
  }
  expect(world.fleet.replaced).toEqual(['shared-us-east-1a-1'])
})

/** A healer that looks until it is sure; `false` if the control plane died meanwhile. */
async function watch(world: SimulatedWorld, context: RunnerContext): Promise<boolean> {
  const clock = { nowMs: NOW }
  const healer = createHealer({
    clusters: context.clusters,
    fleet: world.fleet,
    agents: { lastHeardMs: () => undefined },
    account: ACCOUNT,
    now: () => clock.nowMs,
    log: silentLog,
  })
  try {
    for (let look = 0; look < 6; look++) {
      await healer.run(new AbortController().signal)
      clock.nowMs += healer.everyMs
    }
    return true
  } catch (error) {
    if (error instanceof Crash) return false
    throw error
  }
}

/** Whether the plan struck. */
async function heal(world: SimulatedWorld, cluster: Cluster, crash?: CrashPlan): Promise<boolean> {
  world.effects = 0
  const context = world.boot(crash)
  return !((await watch(world, context)) && (await world.run(cluster, context)))
}

async function expectHealed(world: SimulatedWorld, before: Cluster): Promise<Cluster> {
  const after = (await world.clusters.find(before))!
  expect(after.state).toBe('ACTIVE')
  expect(after).not.toHaveProperty('activeOperation')
  expect(after.brokers.map(({ unitId, hostId, hostFailure }) => [unitId, hostId, hostFailure])).toEqual(
    before.brokers.map(({ unitId, hostId }) => [unitId, hostId, undefined]),
  )
  expect(world.fleet.replaced).toEqual([before.brokers[1]!.hostId])
  expect(world.fleet.hosts.size).toBe(3)
  expect(world.units.size).toBe(3)
  return after
}

async function withDeadHost() {
  const world = new SimulatedWorld()
  const cluster = await activeCluster(world, 3)
  world.failHost(cluster.brokers[1]!)
  return { world, cluster }
}

async function activeCluster(world: SimulatedWorld, brokers: number): Promise<Cluster> {
  const cluster = await creatingCluster('orders', 'PROVISIONED', world.fleet, brokers)
  await world.clusters.create(cluster)
  await world.run(cluster, world.boot())
  world.kafka.addTopic({ topicName: 'orders', partitionCount: 7, replicationFactor: 3, configs: {} }, 10 ** 8)
  return (await world.clusters.find(cluster))!
}
