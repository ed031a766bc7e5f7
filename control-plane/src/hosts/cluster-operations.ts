import { createHash } from 'node:crypto'
import { type Cluster, placedBrokers, withJoiningBrokers } from '../model/cluster.ts'
import type { ClusterUpdate, UpdateType } from '../model/operation.ts'
import type { HostOperation } from './host-record.ts'

/** What an operation on a host asks of each cluster that has brokers there. */
export interface ClusterRequest {
  readonly type: UpdateType
  readonly update: ClusterUpdate
  readonly prepare?: <C extends Cluster>(cluster: C, nowMs: number) => C
}

/** The same host operation always begins the same operation of a cluster: never twice, whoever asks. */
export function operationUuidOf({ operationId }: HostOperation, { clusterUuid }: Cluster): string {
  const hex = createHash('sha256').update(`${operationId} ${clusterUuid}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

export function hostReplacement(hostId: string, { instanceId }: HostOperation): ClusterRequest {
  const host = { hostId, ...(instanceId === undefined ? {} : { instanceId }) }
  return { type: 'REPLACE_HOST', update: { source: {}, target: {}, host } }
}

/** For each broker on the host another one elsewhere in its zone, which takes over all that it has. */
export function brokerExchange(cluster: Cluster, hostId: string): ClusterRequest {
  const leaving = placedBrokers(cluster).filter((broker) => broker.hostId === hostId)
  const places = leaving.map(({ zone, clientSubnet }) => ({
    zone,
    ...(clientSubnet === undefined ? {} : { clientSubnet }),
  }))
  const exchange = {
    leaving: leaving.map(({ brokerId }) => brokerId),
    joining: leaving.map((_, index) => cluster.highestBrokerId + 1 + index),
  }
  return {
    type: 'MOVE_BROKERS',
    update: { source: {}, target: {}, exchange },
    prepare: (same, nowMs) => withJoiningBrokers(same, places, nowMs),
  }
}
