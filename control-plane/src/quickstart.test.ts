import { expect, it } from 'vitest'
import { ClusterStore } from './model/cluster-store.ts'
import { ensureQuickstart } from './quickstart.ts'
import { ACCOUNT, createMemoryFleet, memoryDocuments, NOW } from './testing/fixtures.ts'

it('creates the first cluster once, with three brokers in three zones on the ports that clients try first', async () => {
  const context = setUp()
  await ensureQuickstart(context)
  await ensureQuickstart(context)
  const [cluster, ...others] = await context.clusters.all()
  expect(others).toEqual([])
  expect(cluster).toMatchObject({ clusterName: 'quickstart', clusterType: 'PROVISIONED', state: 'CREATING' })
  expect(cluster?.brokers.map(({ brokerId, zone, port }) => [brokerId, zone, port])).toEqual([
    [1, 'us-east-1a', 9092],
    [2, 'us-east-1b', 9093],
    [3, 'us-east-1c', 9094],
  ])
})

it('names the port that somebody else uses, and creates nothing', async () => {
  const context = setUp()
  context.fleet.busyPorts.add(9093)
  await expect(ensureQuickstart(context)).rejects.toThrow('port 9093 is already in use')
  expect(await context.clusters.all()).toEqual([])
})

it('lets its own brokers have the ports when it exists already', async () => {
  const context = setUp()
  await ensureQuickstart(context)
  for (const port of [9092, 9093, 9094]) context.fleet.busyPorts.add(port)
  await ensureQuickstart(context)
})

function setUp() {
  const clusters = new ClusterStore(memoryDocuments(), () => undefined)
  return { clusters, fleet: createMemoryFleet(), account: ACCOUNT, now: () => NOW }
}
