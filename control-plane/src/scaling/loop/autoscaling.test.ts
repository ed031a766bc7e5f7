import { expect, it } from 'vitest'
import type { BrokerPeriod } from '../../metrics/msk/period.ts'
import { readBroker } from '../../metrics/read-broker.ts'
import type { Cluster, ClusterType } from '../../model/cluster.ts'
import { brokerText } from '../../testing/broker-metrics.ts'
import { ACCOUNT, creatingCluster, NOW, silentLog } from '../../testing/fixtures.ts'
import { SimulatedWorld } from '../../testing/simulated-world.ts'
import { Autoscaling } from './autoscaling.ts'
import { DecisionLog } from './decision-log.ts'
import { LoadStore } from './load-store.ts'

const MINUTE_MS = 60_000
const GIB = 1024 ** 3

async function world(type: ClusterType, tags: Record<string, string> = {}, brokers = 3) {
  const simulated = new SimulatedWorld()
  let nowMs = NOW
  const control = { ...simulated.boot(), now: () => nowMs }
  const created = await creatingCluster('orders', type, simulated.fleet, brokers)
  await simulated.clusters.create({ ...created, tags })
  await simulated.run(created, control)
  simulated.kafka.addTopic({ topicName: 't', partitionCount: 6, replicationFactor: 3, configs: {} })
  const cluster = async () => (await simulated.clusters.get('orders')) as Cluster
  const newAutoscaling = () =>
    new Autoscaling({
      clusters: simulated.clusters,
      fleet: simulated.fleet,
      kafka: simulated.kafka.use,
      account: ACCOUNT,
      decisions: new DecisionLog(simulated.documents),
      loads: new LoadStore(simulated.documents, MINUTE_MS),
      now: () => nowMs,
      log: silentLog,
    })
  let autoscaling = newAutoscaling()
  return {
    simulated,
    cluster,
    decisions: async () => new DecisionLog(simulated.documents).read((await cluster()).clusterUuid),
    restart: () => {
      autoscaling = newAutoscaling()
    },
    finish: async () => simulated.run(await cluster(), control),
    /** Minutes in which every broker uses so much of a core, and has so many bytes. */
    async pass(minutes: number, cores: number, dataBytes = 0) {
      for (let minute = 0; minute < minutes; minute++) {
        nowMs += MINUTE_MS
        const now = await cluster()
        await autoscaling.look(nowMs, [
          { cluster: now, brokers: now.brokers.map((each) => busy(each.brokerId, cores, dataBytes)) },
        ])
      }
    },
  }
}

function busy(brokerId: number, cores: number, dataBytes: number): BrokerPeriod {
  return {
    brokerId,
    before: readBroker(brokerText({}), 0),
    after: readBroker(brokerText({ cpuSeconds: cores * 60, dataBytes }), MINUTE_MS),
    volumeSizeBytes: 100 * GIB,
  }
}

it('a serverless cluster grows when it is busy and shrinks when it has been idle, and nobody asked for it', async () => {
  const { pass, finish, cluster, decisions, simulated } = await world('SERVERLESS')
  await pass(1, 0.4)
  expect(await cluster()).toMatchObject({
    state: 'UPDATING',
    activeOperation: { operationType: 'INCREASE_BROKER_COUNT' },
  })
  await finish()
  const grown = await cluster()
  expect([grown.state, grown.brokers.length]).toEqual(['ACTIVE', 6])
  expect(new Set(grown.brokers.map(({ hostId }) => hostId)).size).toBe(6)
  expect(grown.brokers.slice(0, 3).map(({ hostId }) => hostId)).toEqual(
    ['a', 'b', 'c'].map((letter) => `shared-us-east-1${letter}-1`),
  )
  await pass(59, 0.01)
  expect((await cluster()).state).toBe('ACTIVE')
  await pass(10, 0.01)
  await finish()
  const shrunk = await cluster()
  expect([shrunk.state, shrunk.brokers.map(({ brokerId }) => brokerId)]).toEqual(['ACTIVE', [1, 2, 3]])
  expect(simulated.unitsOf(shrunk)).toHaveLength(3)
  expect((await decisions()).map(({ action, outcome }) => [action, outcome])).toEqual([
    ['IN', 'STARTED'],
    ['HOLD', 'NOTHING_TO_DO'],
    ['OUT', 'STARTED'],
  ])
})

it('a provisioned cluster is left alone, advised, or changed, as its tag says', async () => {
  const off = await world('PROVISIONED')
  await off.pass(3, 0.9)
  expect([(await off.cluster()).state, await off.decisions()]).toEqual(['ACTIVE', []])
  const advised = await world('PROVISIONED', { 'freshet:autoscaling': 'advise' })
  await advised.pass(3, 0.9)
  expect((await advised.cluster()).state).toBe('ACTIVE')
  expect(await advised.decisions()).toEqual([
    expect.objectContaining({
      kind: 'BROKER_COUNT',
      action: 'OUT',
      before: 3,
      after: 6,
      outcome: 'ADVISED',
      reason: '3 brokers would be used to 90 %; 6 are used to 45 %.',
      detail: expect.objectContaining({ busiest: 'CPU', costPerHourBefore: expect.closeTo(0.612, 3) }),
    }),
  ])
  const changed = await world('PROVISIONED', { 'freshet:autoscaling': 'act' })
  await changed.pass(1, 0.9)
  const operation = (await changed.cluster()).activeOperation
  expect(operation?.operationType).toBe('INCREASE_BROKER_COUNT')
  expect((await changed.decisions())[0]).toMatchObject({
    outcome: 'STARTED',
    clusterOperationArn: operation?.operationArn,
  })
})

it('only advises while partitions may not move', async () => {
  const { pass, cluster, decisions, simulated } = await world('PROVISIONED', { 'freshet:autoscaling': 'act' })
  const rebalancing = { status: 'PAUSED' } as const
  await simulated.clusters.update(await cluster(), (newest) =>
    newest.clusterType === 'PROVISIONED'
      ? { ...newest, provisioned: { ...newest.provisioned, rebalancing } }
      : newest,
  )
  await pass(2, 0.9)
  expect((await cluster()).state).toBe('ACTIVE')
  expect((await decisions()).map(({ outcome }) => outcome)).toEqual(['ADVISED'])
})

it('begins nothing while an operation is under way, whoever began it', async () => {
  const { pass, cluster } = await world('SERVERLESS')
  await pass(1, 0.9)
  const first = (await cluster()).activeOperation
  await pass(20, 0.9)
  expect((await cluster()).activeOperation).toEqual(first)
})

it('does not act on a cluster that has changed since it was measured', async () => {
  const { pass, cluster, simulated, decisions } = await world('SERVERLESS')
  const stale = await cluster()
  await simulated.clusters.update(stale, (newest) => ({ ...newest, currentVersion: 'KNEWER' }))
  const autoscaling = new Autoscaling({
    clusters: simulated.clusters,
    fleet: simulated.fleet,
    kafka: simulated.kafka.use,
    account: ACCOUNT,
    decisions: new DecisionLog(simulated.documents),
    loads: new LoadStore(simulated.documents, MINUTE_MS),
    now: () => NOW,
    log: silentLog,
  })
  await autoscaling.look(NOW, [
    { cluster: stale, brokers: stale.brokers.map((each) => busy(each.brokerId, 0.9, 0)) },
  ])
  expect((await cluster()).state).toBe('ACTIVE')
  expect((await decisions()).map(({ outcome }) => outcome)).toEqual(['OVERTAKEN'])
  await pass(1, 0.9)
  expect((await cluster()).state).toBe('UPDATING')
})

it('cool-down and hysteresis rest on the operations themselves: a restart changes nothing', async () => {
  const { pass, finish, restart, cluster } = await world('SERVERLESS')
  await pass(1, 0.4)
  await finish()
  restart()
  await pass(30, 0.01)
  expect((await cluster()).brokers).toHaveLength(6)
  restart()
  await pass(29, 0.01)
  expect((await cluster()).state).toBe('ACTIVE')
  await pass(30, 0.01)
  expect((await cluster()).activeOperation?.operationType).toBe('DECREASE_BROKER_COUNT')
})

it.each<[string, Record<string, string>, number, (simulated: SimulatedWorld) => void]>([
  ['its limits', { 'freshet:autoscaling-min-brokers': '5' }, 0, () => undefined],
  [
    'the replicas of its topics',
    {},
    0,
    (simulated) =>
      simulated.kafka.addTopic({ topicName: 'wide', partitionCount: 1, replicationFactor: 4, configs: {} }),
  ],
  ['the room on its volumes', {}, 40 * GIB, () => undefined],
])('never shrinks below what %s ask for', async (_what, limits, dataBytes, prepare) => {
  const tags = { 'freshet:autoscaling': 'act', ...limits }
  const { pass, cluster, simulated } = await world('PROVISIONED', tags, 6)
  prepare(simulated)
  await pass(130, 0.01, dataBytes)
  expect([(await cluster()).state, (await cluster()).brokers.length]).toEqual(['ACTIVE', 6])
})

it('volumes grow at their target, by MSK’s steps, at most once in six hours', async () => {
  const tags = { 'freshet:storage-autoscaling-target': '60', 'freshet:storage-autoscaling-max-gib': '500' }
  const { pass, finish, cluster, decisions, simulated } = await world('PROVISIONED', tags)
  const sizes = () => [
    ...new Set([...simulated.fleet.hosts.values()].map(({ volumeSizeGB }) => volumeSizeGB)),
  ]
  await pass(5, 0, 59 * GIB)
  expect((await cluster()).state).toBe('ACTIVE')
  await pass(1, 0, 61 * GIB)
  expect((await cluster()).activeOperation?.operationType).toBe('UPDATE_BROKER_STORAGE')
  await finish()
  expect(sizes()).toEqual([110])
  await pass(5 * 60, 0, 95 * GIB)
  expect((await cluster()).state).toBe('ACTIVE')
  await pass(61, 0, 95 * GIB)
  await finish()
  expect(sizes()).toEqual([121])
  expect(
    (await decisions()).map(({ kind, before, after, outcome }) => [kind, before, after, outcome]),
  ).toEqual([
    ['STORAGE', 110, 121, 'STARTED'],
    ['STORAGE', 110, 110, 'NOTHING_TO_DO'],
    ['STORAGE', 100, 110, 'STARTED'],
  ])
})

it('volumes do not grow while EC2 still works at their last change: the cluster would have to wait', async () => {
  const tags = { 'freshet:storage-autoscaling-target': '60' }
  const { pass, cluster, simulated } = await world('PROVISIONED', tags)
  const { hostId } = (await cluster()).brokers[1]!
  simulated.fleet.changing.set(hostId!, 'volume vol-2 is optimizing, 63 % done')
  await pass(2, 0, 61 * GIB)
  expect((await cluster()).state).toBe('ACTIVE')
  simulated.fleet.changing.clear()
  await pass(1, 0, 61 * GIB)
  expect((await cluster()).activeOperation?.operationType).toBe('UPDATE_BROKER_STORAGE')
})

it('one cluster that cannot be looked at keeps no other from being looked at', async () => {
  const { simulated, cluster } = await world('SERVERLESS')
  const good = await cluster()
  const broken = { ...good, clusterUuid: 'broken', tags: null as never }
  const autoscaling = new Autoscaling({
    clusters: simulated.clusters,
    fleet: simulated.fleet,
    kafka: simulated.kafka.use,
    account: ACCOUNT,
    decisions: new DecisionLog(simulated.documents),
    loads: new LoadStore(simulated.documents, MINUTE_MS),
    now: () => NOW,
    log: silentLog,
  })
  const brokers = good.brokers.map((each) => busy(each.brokerId, 0.9, 0))
  await autoscaling.look(
    NOW,
    [broken, good].map((each) => ({ cluster: each, brokers })),
  )
  expect((await cluster()).state).toBe('UPDATING')
})
