import { describe, expect, it } from 'vitest'
import { KafkaAdminError } from '../kafka/admin.ts'
import { type Cluster, deleting, withBrokers } from '../model/cluster.ts'
import { wantedHosts } from '../model/host.ts'
import { newUuid } from '../model/identifiers.ts'
import { nextStep, type UpdateType } from '../model/operation.ts'
import { STEPS } from '../model/operation-steps.ts'
import { ACCOUNT, NOW } from '../testing/fixtures.ts'
import { type CrashPlan, SimulatedWorld } from '../testing/simulated-world.ts'
import { activeCluster, begin, UPDATE_TYPES } from '../testing/updates.ts'
import { failOperation, runNextStep } from './runner.ts'

/** Every type of update, carried out in a simulated world whose control plane may die at any moment. */

it('knows every type of update', () => {
  const types = Object.keys(STEPS).filter(
    (type) => !/^(CREATE_CLUSTER|DELETE_CLUSTER|HEAL_BROKER)$/.test(type),
  )
  expect([...UPDATE_TYPES].sort()).toEqual(types.sort())
})

describe.each(UPDATE_TYPES)('%s', (type) => {
  it('brings what was asked for, one broker at a time, and the cluster is ACTIVE again', async () => {
    const { world, cluster } = await updatedUnder(type)
    await expectDone(world, cluster, type)
  })

  it('is finished after a crash at whatever moment; nothing is made twice and nothing is left behind', async () => {
    let plans = 0
    for (let at = 1, struck = true; struck; at++) {
      struck = false
      for (const when of ['BEFORE', 'AFTER'] as const) {
        const { world, cluster, crashed } = await updatedUnder(type, { at, when })
        await expectDone(world, cluster, type)
        struck ||= crashed
        plans++
      }
    }
    // A write for the beginning and one for the end of each step, at least.
    expect(plans).toBeGreaterThanOrEqual(STEPS[type].length * 4)
  })

  it('leaves the cluster as it was when it is given up, whatever the step; also after a crash on the way back', async () => {
    for (const [index, step] of STEPS[type].entries()) {
      if (index > lastWayBack(type)) continue
      for (let at = 1, struck = true; struck; at += 3) {
        const { world, cluster } = await begun(type)
        const context = world.boot()
        for (let turn = 0; nextStep((await active(world, cluster))!) !== step; turn++) {
          expect(turn).toBeLessThan(500)
          await runNextStep(cluster, context)
        }
        await runNextStep(cluster, context)
        if ((await active(world, cluster)) === undefined) break
        await failOperation(cluster, { errorCode: 'TIMED_OUT', errorString: 'Stuck.' }, context)
        world.effects = 0
        struck = !(await world.run(cluster, world.boot({ at, when: 'AFTER' })))
        expect(await world.run(cluster, world.boot())).toBe(true)
        await expectRestored(world, cluster, type)
      }
    }
  })
})

describe('a cluster whose volumes were changed lately', () => {
  it('waits for as long as it takes until they grow, and says what for', async () => {
    const { world, cluster } = await begun('UPDATE_BROKER_STORAGE')
    const context = world.boot()
    const { hostId } = cluster.brokers[1]!
    world.fleet.changing.set(hostId!, 'volume vol-2: VolumeModificationRateExceeded')
    for (let turn = 0; turn < 5; turn++) await runNextStep(cluster, context)
    expect(await runNextStep(cluster, context)).toMatchObject({ kind: 'WAITING', stuckOn: undefined })
    const stateInfo = { code: 'WAITING', message: 'volume vol-2: VolumeModificationRateExceeded' }
    expect(await world.clusters.find(cluster)).toMatchObject({ state: 'UPDATING', stateInfo })
    world.fleet.changing.clear()
    await world.run(cluster, context)
    const after = await world.clusters.find(cluster)
    expect(after).toMatchObject({ state: 'ACTIVE' })
    expect(after).not.toHaveProperty('stateInfo')
  })
})

describe('a cluster whose brokers restart', () => {
  it('is never without more than one of them, and keeps every partition writable', async () => {
    const { world } = await updatedUnder('UPDATE_CLUSTER_KAFKA_VERSION')
    expect(world.absentMax).toBe(1)
  })

  it('waits for a broker that is behind, and for as long as it takes', async () => {
    const { world, cluster } = await begun('UPDATE_CLUSTER_KAFKA_VERSION')
    const context = world.boot()
    world.kafka.behind = () => [3]
    for (let turn = 0; turn < 30; turn++) await runNextStep(cluster, context)
    expect(await runNextStep(cluster, context)).toMatchObject({
      kind: 'WAITING',
      reason: 'Partition orders-0 is not in sync',
    })
    expect((await world.clusters.find(cluster))!.brokers.map(({ generation }) => generation)).toEqual([
      0, 0, 0,
    ])
  })

  it('restarts the one that does not run first: that may heal it', async () => {
    const { world, cluster } = await begun('UPDATE_CLUSTER_KAFKA_VERSION')
    const context = world.boot()
    const { unitStatus } = context.agents
    const sick = (unitId: string, generation: number) => unitId.endsWith('-b-3') && generation === 0
    const agents: typeof context.agents = {
      unitStatus: async (hostId, unitId) => {
        const broker = (await world.clusters.find(cluster))!.brokers.find((each) => each.unitId === unitId)!
        const status = await unitStatus(hostId, unitId)
        return sick(unitId, broker.generation) ? { state: 'BACKOFF', isCurrent: true } : status
      },
    }
    await runNextStep(cluster, { ...context, agents })
    await runNextStep(cluster, { ...context, agents })
    expect((await world.clusters.find(cluster))!.brokers.map(({ generation }) => generation)).toEqual([
      0, 0, 1,
    ])
    expect(await world.run(cluster, { ...context, agents })).toBe(true)
  })
})

it('volumes of brokers that had a size of their own grow with those of all, and never shrink', async () => {
  const world = new SimulatedWorld()
  const cluster = await activeCluster(world, 3)
  await world.clusters.update(cluster, (newest) =>
    withBrokers(newest, (broker) => ({ ...broker, volumeSizeGB: [200, 100, 800][broker.brokerId - 1]! })),
  )
  await begin(world, cluster, 'UPDATE_BROKER_STORAGE')
  await world.run(cluster, world.boot())
  expect(hosts(world).map(({ volumeSizeGB }) => volumeSizeGB)).toEqual([500, 500, 800])
})

describe('a configuration', () => {
  it('that running brokers can take restarts none of them', async () => {
    const { world, cluster } = await begun('UPDATE_CLUSTER_CONFIGURATION', { 'log.retention.ms': '5' })
    const starts = world.starts.length
    await world.run(cluster, world.boot())
    expect(world.kafka.brokerConfigs.get('log.retention.ms')).toBe('5')
    expect(world.starts).toHaveLength(starts)
  })

  it('that brokers refuse is not applied, and the operation says why', async () => {
    const { world, cluster } = await begun('UPDATE_CLUSTER_CONFIGURATION')
    world.kafka.refusal = new KafkaAdminError('INVALID_CONFIG', 'log.retention.ms is odd')
    const failure = await world.run(cluster, world.boot()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ errorCode: 'INVALID_CONFIGURATION', message: 'log.retention.ms is odd' })
  })
})

/** Brokers that are being taken apart cannot be put together again: from here on there is only the way forward. */
function lastWayBack(type: UpdateType): number {
  const point = {
    DECREASE_BROKER_COUNT: 'STOP_UNITS',
    INCREASE_BROKER_COUNT: 'REBALANCE_PARTITIONS',
    REPLACE_HOST: 'STOP_BROKER_ON_HOST',
    MOVE_BROKERS: 'VERIFY_BROKERS_EMPTY',
  }
  const step = type in point ? point[type as keyof typeof point] : undefined
  return step === undefined ? STEPS[type].length : STEPS[type].map(String).indexOf(step)
}

async function active(world: SimulatedWorld, cluster: Cluster) {
  return (await world.clusters.find(cluster))?.activeOperation
}

async function begun(type: UpdateType, serverProperties?: Record<string, string>) {
  const world = new SimulatedWorld()
  const cluster = await activeCluster(world, type === 'DECREASE_BROKER_COUNT' ? 6 : 3)
  await begin(world, cluster, type)
  if (serverProperties) {
    await world.clusters.update(cluster, (newest) => withProperties(newest, serverProperties))
  }
  world.effects = 0
  return { world, cluster }
}

async function updatedUnder(type: UpdateType, crash?: CrashPlan) {
  const { world, cluster } = await begun(type)
  const crashed = !(await world.run(cluster, world.boot(crash)))
  if (crashed) expect(await world.run(cluster, world.boot())).toBe(true)
  return { world, cluster, crashed }
}

async function expectDone(world: SimulatedWorld, before: Cluster, type: UpdateType): Promise<void> {
  const after = (await world.clusters.find(before))!
  expect(after).toMatchObject({ state: 'ACTIVE', clusterArn: before.clusterArn })
  expect(after.currentVersion).not.toBe(before.currentVersion)
  expect(after).not.toHaveProperty('activeOperation')
  const brokerIds = { INCREASE_BROKER_COUNT: [1, 2, 3, 4, 5, 6], MOVE_BROKERS: [1, 3, 4] }
  expect(after.brokers.map(({ brokerId }) => brokerId)).toEqual(
    type in brokerIds ? brokerIds[type as keyof typeof brokerIds] : [1, 2, 3],
  )
  expect(world.absentMax).toBeLessThanOrEqual(1)
  const operation = await lastOperation(world, after, type)
  expect(operation.operationState).toMatch(/^(UPDATE|REBOOT)_COMPLETE$/)
  expect(restarts(world)).toBe(RESTARTS[type] ?? 0)
  if (type === 'UPDATE_BROKER_TYPE')
    expect(hosts(world)[0]).toMatchObject({ instanceType: 'kafka.m7g.xlarge' })
  if (type === 'UPDATE_BROKER_STORAGE') expect(hosts(world)[0]).toMatchObject({ volumeSizeGB: 500 })
  if (type === 'DECREASE_BROKER_COUNT') expect(world.kafka.unregistered).toEqual([4, 5, 6])
  if (type === 'MOVE_BROKERS') expect(world.kafka.unregistered).toEqual([2])
  if (type === 'REPLACE_HOST') expect(world.fleet.replaced).toEqual([before.brokers[1]!.hostId])
  await expectNothingElse(world)
}

/** How often brokers that were there before start again. */
const RESTARTS: Partial<Record<UpdateType, number>> = {
  UPDATE_BROKER_TYPE: 3,
  UPDATE_CLUSTER_CONFIGURATION: 3,
  UPDATE_CLUSTER_KAFKA_VERSION: 3,
  REBOOT_NODE: 1,
  REPLACE_HOST: 1,
}

async function expectRestored(world: SimulatedWorld, before: Cluster, type: UpdateType): Promise<void> {
  const after = (await world.clusters.find(before))!
  expect(after).toMatchObject({ state: 'ACTIVE', currentVersion: before.currentVersion })
  expect(after.brokers.map(({ brokerId }) => brokerId)).toEqual(
    before.brokers.map(({ brokerId }) => brokerId),
  )
  expect({ ...after, brokers: [] }).toMatchObject({ ...rest(before), brokers: [] })
  expect(after.brokers.every(({ desired, membership }) => desired === 'RUNNING' && !membership)).toBe(true)
  expect(world.absentMax).toBeLessThanOrEqual(1)
  const operation = await lastOperation(world, after, type)
  expect(operation.errorInfo).toMatchObject({ errorString: 'Stuck.' })
  expect(operation.operationState).toMatch(/_FAILED$/)
  await expectNothingElse(world)
}

async function lastOperation(world: SimulatedWorld, cluster: Cluster, type: UpdateType) {
  const records = await world.clusters.operations(cluster)
  return records.find(({ operation }) => operation.operationType === type)!.operation
}

function rest({ highestBrokerId: _highest, ...cluster }: Cluster) {
  return cluster
}

/** Hosts, units and documents are those of the cluster, which can be deleted without a trace. */
async function expectNothingElse(world: SimulatedWorld): Promise<void> {
  const [cluster] = await world.clusters.all()
  expect([...world.fleet.hosts.keys()].sort()).toEqual(
    wantedHosts([cluster!])
      .map(({ hostId }) => hostId)
      .sort(),
  )
  expect([...world.units.keys()].sort()).toEqual(cluster!.brokers.map(({ unitId }) => unitId).sort())
  expect(new Set(world.fleet.launched).size).toBe(world.fleet.launched.length)
  await world.clusters.update(cluster!, (newest) => deleting(ACCOUNT, newest, newUuid(), NOW))
  expect(await world.run(cluster!, world.boot())).toBe(true)
  expect(await world.documents.list('')).toEqual([])
  expect(world.fleet.hosts.size).toBe(0)
}

function restarts(world: SimulatedWorld): number {
  return world.starts.length - new Set(world.starts).size
}

function hosts(world: SimulatedWorld) {
  return [...world.fleet.hosts.values()]
}

function withProperties(cluster: Cluster, serverProperties: Record<string, string>): Cluster {
  const { activeOperation } = cluster
  const { update } = activeOperation!
  const specification = {
    ...update!.specification!,
    configuration: { arn: 'a', revision: 1, serverProperties },
  }
  return { ...cluster, activeOperation: { ...activeOperation!, update: { ...update!, specification } } }
}
