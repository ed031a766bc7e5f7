import type { Cluster } from './cluster.ts'

/** A machine that runs units; on a laptop a folder. */
export interface Host {
  readonly hostId: string
  readonly zone: string
}

/** Why a host is to be replaced. */
export interface HostFailure {
  readonly kind: 'INSTANCE_ENDED' | 'INSTANCE_IMPAIRED' | 'VOLUME_LOST' | 'VOLUME_DETACHED'
  /** The instance that is to end before another takes its place; absent where none is left. */
  readonly instanceId?: string
  readonly reason: string
}

/** What a host is to be. A driver that is asked again for the same host changes it to that. */
export interface HostSpecification extends Host {
  /** Absent on shared hosts: their size is the fleet's own affair. */
  readonly instanceType?: string
  readonly volumeSizeGB?: number
  /** Absent where it is what volumes have by themselves. */
  readonly volumeThroughputMiB?: number
  /** The key of KMS that a new volume is encrypted with; absent: that of the account. */
  readonly volumeKeyArn?: string
}

export interface HostLoad extends Host {
  readonly shared: boolean
  readonly unitCount: number
  /** Nothing more is to be placed there. */
  readonly cordoned?: true
}

/** Which hosts exist follows from the clusters: a host is wanted as long as a broker is placed on it. */
export function wantedHosts(clusters: readonly Cluster[]): HostLoad[] {
  const hosts = new Map<string, HostLoad>()
  for (const cluster of clusters) {
    for (const { hostId, zone } of cluster.brokers) {
      if (hostId === undefined) continue
      const unitCount = (hosts.get(hostId)?.unitCount ?? 0) + 1
      hosts.set(hostId, { hostId, zone, shared: cluster.clusterType === 'SERVERLESS', unitCount })
    }
  }
  return [...hosts.values()]
}
