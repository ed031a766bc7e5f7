import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activated, type Cluster, deleting } from '../model/cluster.ts'
import { wantedHosts } from '../model/host.ts'
import { newUuid } from '../model/identifiers.ts'
import { nextStep } from '../model/operation.ts'
import { STEPS } from '../model/operation-steps.ts'
import { UNITS_PER_SHARED_HOST } from '../model/placement.ts'
import { ACCOUNT, creatingCluster, NOW } from '../testing/fixtures.ts'
import { type CrashPlan, SimulatedWorld } from '../testing/simulated-world.ts'
import { failOperation, runNextStep } from './runner.ts'

const TYPES = ['PROVISIONED', 'SERVERLESS'] as const

describe.each(TYPES)('a control plane that is killed while it creates a %s cluster', (type) => {
  it('finishes after a restart, whatever the moment, and makes nothing twice', async () => {
    let plans = 0
    for (let at = 1, struck = true; struck; at++) {
      struck = false
      for (const when of ['BEFORE', 'AFTER'] as const) {
        const { world, cluster, crashed } = await createUnderCrash(type, { at, when })
        await expectWhole(world, cluster)
        struck ||= crashed
        plans++
      }
    }
    expect(plans).toBeGreaterThan(30)
  })
})

describe.each(TYPES)('a control plane that is killed while it deletes a %s cluster', (type) => {
  it('finishes after a restart, whatever the moment, and leaves nothing behind', async () => {
    let plans = 0
    for (let at = 1, struck = true; struck; at++) {
      struck = false
      for (const when of ['BEFORE', 'AFTER'] as const) {
        const { world, cluster } = await createUnderCrash(type)
        await beginDeletion(world, cluster)
        world.effects = 0
        struck = !(await world.run(cluster, world.boot({ at, when }))) || struck
        expect(await world.run(cluster, world.boot())).toBe(true)
        await expectNothing(world)
        plans++
      }
    }
    expect(plans).toBeGreaterThan(20)
  })
})

it('keeps clusters apart while several are created and deleted in turns, with crashes in between', async () => {
  const turn = fc.record({
    cluster: fc.nat({ max: 4 }),
    crash: fc.option(
      fc.record({ at: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom('BEFORE', 'AFTER') }),
    ),
    remove: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 20, maxLength: 120 }), async (turns) => {
      const world = new SimulatedWorld()
      const made: Cluster[] = []
      for (const { cluster: index, crash, remove } of turns) {
        const name = `c${index}`
        const current = await world.clusters.get(name)
        if (!current) {
          const type = TYPES[index % 2]!
          await world.clusters.create(await creatingCluster(name, type, world.fleet))
        } else if (current.activeOperation) {
          world.effects = 0
          await oneTurn(world, current, crash ?? undefined)
        } else if (remove) {
          made.push(current)
          await beginDeletion(world, current)
        }
      }
      for (const cluster of await world.clusters.all()) await world.run(cluster, world.boot())
      await expectConsistent(world)
    }),
    { numRuns: 60, seed: 20_261_121 },
  )
})

it('gives nothing to two clusters that are created in the same moment', async () => {
  const world = new SimulatedWorld()
  const context = world.boot()
  const clusters: Cluster[] = []
  for (let index = 0; index < UNITS_PER_SHARED_HOST + 2; index++) {
    const cluster = await creatingCluster(`c${index}`, 'SERVERLESS', world.fleet)
    await world.clusters.create(cluster)
    clusters.push(cluster)
  }
  for (const _step of STEPS.CREATE_CLUSTER) {
    await Promise.all(clusters.map((cluster) => runNextStep(cluster, context)))
  }
  await expectConsistent(world)
  const hosts = wantedHosts(await world.clusters.all())
  expect(hosts.map(({ unitCount }) => unitCount).sort((a, b) => a - b)).toEqual([2, 2, 2, 20, 20, 20])
})

it('does not switch off a shared host that a new cluster is just being given', async () => {
  const world = new SimulatedWorld()
  const context = world.boot()
  const old = await creatingCluster('old', 'SERVERLESS', world.fleet)
  await world.clusters.create(old)
  await world.run(old, context)
  await beginDeletion(world, old)
  while (nextStep((await world.clusters.find(old))!.activeOperation!) !== 'RELEASE_HOSTS') {
    await runNextStep(old, context)
  }
  const fresh = await creatingCluster('fresh', 'SERVERLESS', world.fleet)
  await world.clusters.create(fresh)
  let proceed = () => {}
  const paused = new Promise<void>((resolve) => {
    proceed = resolve
  })
  const terminateHost = (hostId: string) => paused.then(() => world.fleet.terminateHost(hostId))
  const releasing = runNextStep(old, { ...context, fleet: { ...context.fleet, terminateHost } })
  const allocating = runNextStep(fresh, context)
  // Whatever does not wait for its turn is through by now.
  const launching = allocating.then(() => runNextStep(fresh, context))
  await new Promise((resolve) => setTimeout(resolve, 10))
  proceed()
  await Promise.all([releasing, launching])
  expect(await world.run(old, context)).toBe(true)
  expect(await world.run(fresh, context)).toBe(true)
  await expectConsistent(world)
})

it('fails an operation with its reason; the cluster may then be deleted', async () => {
  const world = new SimulatedWorld()
  const cluster = await creatingCluster('orders', 'PROVISIONED', world.fleet)
  await world.clusters.create(cluster)
  const context = world.boot()
  await runNextStep(cluster, context)
  await failOperation(cluster, { errorCode: 'TIMED_OUT', errorString: 'No agent.' }, context)
  const broken = await world.clusters.get('orders')
  expect(broken).toMatchObject({ state: 'FAILED', stateInfo: { code: 'TIMED_OUT', message: 'No agent.' } })
  expect(broken).not.toHaveProperty('activeOperation')
  const [record] = await world.clusters.operations(broken!)
  expect(record?.operation).toMatchObject({ operationState: 'UPDATE_FAILED' })
  await beginDeletion(world, broken!)
  expect(await world.run(cluster, context)).toBe(true)
  await expectNothing(world)
})

it('does not resurrect a cluster of the same name that was created anew', async () => {
  const world = new SimulatedWorld()
  const old = await creatingCluster('orders', 'SERVERLESS', world.fleet)
  const fresh = await creatingCluster('orders', 'SERVERLESS', world.fleet)
  await world.clusters.create(fresh)
  expect(await runNextStep(old, world.boot())).toEqual({ kind: 'IDLE' })
  expect(await world.clusters.get('orders')).toEqual(fresh)
})

async function createUnderCrash(type: Cluster['clusterType'], crash?: CrashPlan) {
  const world = new SimulatedWorld()
  const cluster = await creatingCluster('orders', type, world.fleet)
  await world.clusters.create(cluster)
  const crashed = !(await world.run(cluster, world.boot(crash)))
  if (crashed) expect(await world.run(cluster, world.boot())).toBe(true)
  return { world, cluster, crashed }
}

async function oneTurn(world: SimulatedWorld, cluster: Cluster, crash: CrashPlan | undefined): Promise<void> {
  // A crash ends the turn, nothing more: the next turn boots another control plane.
  await runNextStep(cluster, world.boot(crash)).catch(() => undefined)
}

async function beginDeletion(world: SimulatedWorld, cluster: Cluster): Promise<void> {
  await world.clusters.update(cluster, (newest) => deleting(ACCOUNT, newest, newUuid(), NOW))
}

async function expectWhole(world: SimulatedWorld, cluster: Cluster): Promise<void> {
  const ready = await world.clusters.find(cluster)
  expect(ready).toMatchObject({ state: 'ACTIVE', clusterArn: cluster.clusterArn })
  expect(ready).not.toHaveProperty('activeOperation')
  expect(() => activated(ready!)).toThrow()
  expect(ready!.brokers.map(({ port }) => port)).toEqual([19092, 19093, 19094])
  expect(new Set(ready!.brokers.map(({ zone }) => zone)).size).toBe(3)
  expect(world.fleet.launched).toHaveLength(3)
  expect([...world.fleet.hosts.keys()].sort()).toEqual(ready!.brokers.map(({ hostId }) => hostId).sort())
  expect(world.starts.sort()).toEqual(ready!.brokers.map(({ unitId }) => unitId))
  expect(world.unitsOf(ready!)).toHaveLength(3)
  const operations = await world.clusters.operations(ready!)
  expect(operations.map(({ operation }) => operation.operationState)).toEqual(['UPDATE_COMPLETE'])
}

async function expectNothing(world: SimulatedWorld): Promise<void> {
  expect(await world.documents.list('')).toEqual([])
  expect(world.fleet.hosts.size).toBe(0)
  expect(world.fleet.metadata.size).toBe(0)
  expect(world.units.size).toBe(0)
}

/** Hosts, ports and units are exactly those of the clusters that exist. */
async function expectConsistent(world: SimulatedWorld): Promise<void> {
  const clusters = await world.clusters.all()
  const brokers = clusters.flatMap((cluster) => cluster.brokers)
  expect(clusters.every(({ state }) => state === 'ACTIVE')).toBe(true)
  expect(new Set(brokers.map(({ port }) => port)).size).toBe(brokers.length)
  expect([...world.units.keys()].sort()).toEqual(brokers.map(({ unitId }) => unitId).sort())
  const wanted = wantedHosts(clusters).map(({ hostId }) => hostId)
  expect([...world.fleet.hosts.keys()].sort()).toEqual(wanted.sort())
  expect(world.fleet.metadata).toEqual(new Set(clusters.map(({ clusterUuid }) => clusterUuid)))
  const history = await world.documents.list<{ clusterArn: string }>('operations/')
  expect(history.map(({ value }) => value.clusterArn).sort()).toEqual(
    clusters.map((c) => c.clusterArn).sort(),
  )
}
