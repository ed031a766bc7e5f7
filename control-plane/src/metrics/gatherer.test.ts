import { expect, it } from 'vitest'
import { ClusterStore } from '../model/cluster-store.ts'
import { brokerText } from '../testing/broker-metrics.ts'
import { creatingCluster, memoryDocuments, silentLog } from '../testing/fixtures.ts'
import { makeActive } from '../testing/signed-client.ts'
import { Gatherer, type Period } from './gatherer.ts'

async function world() {
  const clusters = new ClusterStore(memoryDocuments(), () => undefined)
  await clusters.create(await creatingCluster('orders', 'PROVISIONED'))
  const active = await makeActive(clusters, 'orders')
  await clusters.update(active, (cluster) => ({
    ...cluster,
    brokers: cluster.brokers.map((broker) => ({
      ...broker,
      address: '10.0.0.1',
      metricsPort: 11_000 + broker.brokerId,
    })),
  }))
  let nowMs = 0
  const down = new Set<string>()
  const periods: Period[] = []
  const gatherer = new Gatherer({
    clusters,
    scrape: async (url) => {
      if (down.has(url)) throw new Error('connection refused')
      return brokerText({ bytesIn: nowMs })
    },
    now: () => nowMs,
    periodMs: 60_000,
    onPeriod: async (period) => {
      periods.push(period)
    },
    log: silentLog,
  })
  const minute = async () => {
    nowMs += 60_000
    await gatherer.run(new AbortController().signal)
    return periods.at(-1)!
  }
  return { minute, down }
}

it('reads every broker, and has what it said a period before', async () => {
  const { minute } = await world()
  const first = await minute()
  expect(first.clusters[0]?.brokers.map(({ brokerId, before }) => [brokerId, before])).toEqual([
    [1, undefined],
    [2, undefined],
    [3, undefined],
  ])
  const [one] = (await minute()).clusters[0]!.brokers
  expect([one?.before?.atMs, one?.after.atMs]).toEqual([60_000, 120_000])
  expect(one?.volumeSizeBytes).toBe(100 * 1024 ** 3)
})

it('a broker that is silent is counted, keeps no other from being read, and begins anew', async () => {
  const { minute, down } = await world()
  await minute()
  down.add('http://10.0.0.1:11002/metrics')
  const period = await minute()
  expect(period.notMeasured).toBe(1)
  expect(period.clusters[0]?.brokers.map(({ brokerId }) => brokerId)).toEqual([1, 3])
  down.clear()
  const back = (await minute()).clusters[0]!.brokers.find(({ brokerId }) => brokerId === 2)
  expect(back?.before).toBeUndefined()
})
