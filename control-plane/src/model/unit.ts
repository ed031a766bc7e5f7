import type {
  HostNotice,
  SyncRequest,
  SyncResponse,
  UnitPhase,
  UnitSpec,
  UnitStatus,
} from '@freshet/host-agent'

/** A unit is one broker assigned to a host. Hosts' agents pull UnitSpecs and report UnitStatus. */
export type { HostNotice, SyncRequest, SyncResponse, UnitPhase, UnitSpec, UnitStatus }

export type DesiredUnitState = UnitSpec['desired']

export interface BrokerProperties {
  readonly clusterId: string
  readonly brokerId: number
  /** How many zones the cluster has: as many replicas as that can be lost one by one. */
  readonly zoneCount: number
  readonly zone: string
  /** Of its host; absent while that has none, and the broker cannot start. */
  readonly address?: string
  readonly port: number
  readonly metricsPort?: number
  readonly dataFolder: string
  readonly coordinationUrl: string
  /** Of the configuration revision that is attached to the cluster. */
  readonly configured?: Readonly<Record<string, string>>
}

const REPLICAS_MAX = 3

/**
 * What a broker is told. MSK sets auto.create.topics.enable to false on provisioned clusters; here it is true,
 * because whoever tries Kafka on a laptop expects a first produce to work.
 */
export function serverProperties(broker: BrokerProperties): Record<string, string> {
  const listener = broker.address === undefined ? undefined : `PLAINTEXT://${broker.address}:${broker.port}`
  const metrics =
    broker.address === undefined || broker.metricsPort === undefined
      ? undefined
      : `${broker.address}:${broker.metricsPort}`
  const replicationFactor = Math.min(broker.zoneCount, REPLICAS_MAX)
  return {
    // MSK's defaults: with three brokers any one may be lost without losing a record or the ability to write.
    'default.replication.factor': String(replicationFactor),
    'offsets.topic.replication.factor': String(replicationFactor),
    'transaction.state.log.replication.factor': String(replicationFactor),
    'transaction.state.log.min.isr': String(Math.max(1, replicationFactor - 1)),
    'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    'auto.create.topics.enable': 'true',
    // As in Apache Kafka's own server.properties: the first consumer of a group starts at once.
    'group.initial.rebalance.delay.ms': '0',
    ...broker.configured,
    'node.id': String(broker.brokerId),
    'cluster.id': broker.clusterId,
    'broker.rack': broker.zone,
    ...(listener !== undefined && { listeners: listener, 'advertised.listeners': listener }),
    'log.dirs': broker.dataFolder,
    'freshet.coordination.url': broker.coordinationUrl,
    ...(metrics !== undefined && { 'freshet.metrics.listener': metrics }),
  }
}
