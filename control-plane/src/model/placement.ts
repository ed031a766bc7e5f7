import { assert } from '../assert.ts'
import type { BrokerNode, Cluster } from './cluster.ts'
import type { HostLoad } from './host.ts'

/**
 * Where brokers go. A provisioned cluster gets one host per broker for itself. A serverless cluster's brokers
 * are packed onto shared hosts, one broker per zone, filling the fullest host that still has room, so that few
 * machines carry many idle clusters. A cluster that grows does so because it is busy: its brokers never share a host.
 */

export const SERVERLESS_BROKERS = 3
export const UNITS_PER_SHARED_HOST = 20

/** The same cluster and the same hosts always give the same answer: a repeated step places nothing twice. */
export function placeBrokers(cluster: Cluster, hosts: readonly HostLoad[]): BrokerNode[] {
  return cluster.clusterType === 'PROVISIONED' ? onOwnHosts(cluster) : onSharedHosts(cluster, hosts)
}

/** Zones of brokers 1..count, in turn, so that every zone gets the same number. */
export function spreadOverZones<Z>(zones: readonly Z[], count: number): Z[] {
  assert(
    zones.length > 0 && count % zones.length === 0,
    `${count} brokers can be spread evenly over the zones`,
  )
  return Array.from({ length: count }, (_, index) => zones[index % zones.length]!)
}

function onOwnHosts({ clusterUuid, brokers }: Cluster): BrokerNode[] {
  return brokers.map((broker) => ({ ...broker, hostId: `${clusterUuid}-h-${broker.brokerId}` }))
}

function onSharedHosts({ brokers }: Cluster, hosts: readonly HostLoad[]): BrokerNode[] {
  const taken = new Set(hosts.map(({ hostId }) => hostId))
  const own = new Set(brokers.map(({ hostId }) => hostId))
  return brokers.map((broker) => {
    if (broker.hostId !== undefined) return broker
    const candidates = hosts
      .filter(({ hostId, shared, zone }) => shared && zone === broker.zone && !own.has(hostId))
      .filter(({ unitCount, cordoned }) => unitCount < UNITS_PER_SHARED_HOST && !cordoned)
      .sort((a, b) => b.unitCount - a.unitCount || (a.hostId < b.hostId ? -1 : 1))
    const hostId = candidates[0]?.hostId ?? unusedHostId(broker.zone, taken)
    taken.add(hostId)
    own.add(hostId)
    return { ...broker, hostId }
  })
}

function unusedHostId(zone: string, taken: ReadonlySet<string>): string {
  for (let number = 1; number <= taken.size + 1; number++) {
    const hostId = `shared-${zone}-${number}`
    if (!taken.has(hostId)) return hostId
  }
  throw new Error('Invariant violated: among n + 1 names one is not among n taken ones')
}
