import { createHash } from 'node:crypto'
import { assert } from '../assert.ts'
import { type BrokerNode, type Cluster, specificationOf } from '../model/cluster.ts'
import { kafkaClusterId } from '../model/identifiers.ts'
import { type SyncResponse, serverProperties, type UnitSpec } from '../model/unit.ts'
import type { FleetDriver } from './driver.ts'

/** Brokers by the host that they are on. */
export type PlacedByHost = ReadonlyMap<string, readonly PlacedBroker[]>

export interface PlacedBroker {
  readonly cluster: Cluster
  readonly broker: BrokerNode
}

export function placedByHost(clusters: readonly Cluster[]): PlacedByHost {
  const placed = new Map<string, PlacedBroker[]>()
  for (const cluster of clusters) {
    for (const broker of cluster.brokers) {
      if (broker.hostId === undefined) continue
      const onHost = placed.get(broker.hostId)
      if (onHost) onHost.push({ cluster, broker })
      else placed.set(broker.hostId, [{ cluster, broker }])
    }
  }
  return placed
}

/**
 * What the agent of a host shall run. The revision follows from the content, so that it survives a restart of the
 * control plane and needs no counter.
 */
export function desiredUnits(
  hostId: string,
  placed: readonly PlacedBroker[],
  fleet: FleetDriver,
): SyncResponse {
  const units = placed.flatMap(({ cluster, broker }) => unitSpec(cluster, broker, hostId, fleet))
  return { units, revision: revisionOf(units) }
}

/** The broker's server.properties, where it is placed and with what it is to run. */
export function brokerProperties(
  cluster: Cluster,
  broker: BrokerNode & { readonly hostId: string },
  fleet: FleetDriver,
): Record<string, string> {
  const { unitId, brokerId, zone, port, metricsPort, hostId, address } = broker
  assert(port !== undefined, `unit ${unitId} has a port before it is to run`)
  const configuration =
    cluster.clusterType === 'PROVISIONED' ? specificationOf(cluster, broker).configuration : undefined
  return serverProperties({
    clusterId: kafkaClusterId(cluster.clusterUuid),
    brokerId,
    zoneCount: new Set(cluster.brokers.map((each) => each.zone)).size,
    zone,
    port,
    ...(metricsPort === undefined ? {} : { metricsPort }),
    ...(address === undefined ? {} : { address }),
    dataFolder: fleet.dataFolder(hostId, unitId),
    coordinationUrl: fleet.coordinationUrl(cluster.clusterUuid),
    ...(configuration === undefined ? {} : { configured: configuration.serverProperties }),
  })
}

function unitSpec(cluster: Cluster, broker: BrokerNode, hostId: string, fleet: FleetDriver): UnitSpec[] {
  const { unitId, brokerId, port, desired, generation, address } = broker
  // While its host is replaced nothing can start there; what is to stop needs no address for that.
  if (desired === undefined || (desired === 'RUNNING' && address === undefined)) return []
  assert(port !== undefined, `unit ${unitId} has a port before it is to run`)
  const clusterId = kafkaClusterId(cluster.clusterUuid)
  const properties = brokerProperties(cluster, { ...broker, hostId }, fleet)
  return [{ unitId, clusterId, brokerId, desired, generation, properties, port }]
}

/** 48 bits of the content's hash: a whole number that JSON and every language can hold. 0 means "none yet". */
function revisionOf(units: readonly UnitSpec[]): number {
  return createHash('sha256').update(JSON.stringify(units)).digest().readUIntBE(0, 6) || 1
}
