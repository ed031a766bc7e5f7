import fc from 'fast-check'
import { expect, it } from 'vitest'
import { creatingCluster } from '../testing/fixtures.ts'
import type { Cluster } from './cluster.ts'
import { wantedHosts } from './host.ts'
import { placeBrokers, spreadOverZones, UNITS_PER_SHARED_HOST } from './placement.ts'

it('spreads brokers evenly over zones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }), (zoneCount, perZone) => {
      const zones = ['a', 'b', 'c'].slice(0, zoneCount)
      const spread = spreadOverZones(zones, zoneCount * perZone)
      for (const zone of zones) expect(spread.filter((each) => each === zone)).toHaveLength(perZone)
    }),
  )
  expect(() => spreadOverZones(['a', 'b'], 3)).toThrow('evenly')
})

it('gives every broker of a provisioned cluster a host of its own', async () => {
  const cluster = await creatingCluster('orders', 'PROVISIONED', undefined, 15)
  const placed = placeBrokers(cluster, [])
  expect(new Set(placed.map(({ hostId }) => hostId)).size).toBe(15)
  expect(placeBrokers(cluster, wantedHosts([{ ...cluster, brokers: placed }]))).toEqual(placed)
})

it('packs serverless clusters onto few shared hosts, one broker per zone, never beyond room, never with others', async () => {
  const template = {
    serverless: await creatingCluster('s', 'SERVERLESS'),
    provisioned: await creatingCluster('p', 'PROVISIONED'),
  }
  const events = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant('serverless' as const) },
      { weight: 1, arbitrary: fc.constant('provisioned' as const) },
      { weight: 1, arbitrary: fc.nat() },
    ),
    { maxLength: 90 },
  )
  fc.assert(
    fc.property(events, (all) => {
      let clusters: Cluster[] = []
      for (const [index, event] of all.entries()) {
        if (typeof event === 'number') clusters = clusters.filter((_, at) => at !== event % clusters.length)
        else clusters.push(place({ ...template[event], clusterUuid: `${event}-${index}` }, clusters))
        checkHosts(clusters)
      }
    }),
    { numRuns: 60 },
  )
})

function place(cluster: Cluster, others: readonly Cluster[]): Cluster {
  return { ...cluster, brokers: placeBrokers(cluster, wantedHosts(others)) }
}

function checkHosts(clusters: readonly Cluster[]): void {
  const serverless = clusters.filter(({ clusterType }) => clusterType === 'SERVERLESS')
  for (const { brokers } of serverless) expect(new Set(brokers.map(({ hostId }) => hostId)).size).toBe(3)
  for (const host of wantedHosts(clusters)) {
    const tenants = clusters.filter(({ brokers }) => brokers.some(({ hostId }) => hostId === host.hostId))
    const zones = tenants.flatMap(({ brokers }) => brokers).filter(({ hostId }) => hostId === host.hostId)
    expect(zones.every(({ zone }) => zone === host.zone)).toBe(true)
    expect(host.unitCount).toBeLessThanOrEqual(host.shared ? UNITS_PER_SHARED_HOST : 1)
    if (host.shared) expect(tenants.every(({ clusterType }) => clusterType === 'SERVERLESS')).toBe(true)
  }
}
