/** What Kafka's JMX tells of a broker's state, read from it at each scrape. */
import type { ClusterView } from '../cluster/index.ts'
import { isActive, NO_LEADER } from '../cluster/index.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { Clock } from '../runtime/types.ts'
import type { BrokerQuotas } from '../security/index.ts'
import { ConsumerLag } from '../telemetry/consumer-lag.ts'
import { gauge, type Sample } from '../telemetry/metrics/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { ControllerPort } from './cluster/controller-port.ts'
import type { GroupCoordinator } from './coordinators/group-coordinator.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import { groupPositions } from './group-positions.ts'

export interface GaugeSources {
  readonly cluster: ClusterView
  readonly controller: ControllerPort
  readonly replicas: ReplicaManager
  readonly quotas: BrokerQuotas
  readonly fetchSessions: FetchSessions
  readonly groups: GroupCoordinator
  readonly clock: Clock
}

/** Adds what is read at each scrape to a broker's telemetry. */
export function addBrokerGauges(telemetry: Telemetry, sources: GaugeSources): void {
  const { groups, replicas, clock } = sources
  const lag = new ConsumerLag()
  telemetry.collect(() => brokerGauges(sources))
  telemetry.collect(() => lag.samples(groupPositions(groups.shards().loaded, replicas), clock.monotonic()))
}

function* brokerGauges(sources: GaugeSources): Generator<Sample> {
  yield* replicaGauges(sources)
  yield* controllerGauges(sources)
  yield* connectionGauges(sources.quotas)
  yield* throttleGauges(sources)
  const { loaded } = sources.groups.shards()
  const all = { statesFilter: [], typesFilter: [] }
  const groupCount = loaded.reduce((sum, shard) => sum + shard.list(all).length, 0)
  yield gauge('kafka.coordinator.group', 'GroupMetadataManager', { name: 'NumGroups' }, groupCount)
}

function* connectionGauges({ connections }: BrokerQuotas): Generator<Sample> {
  const { count, createdTotal } = connections
  const values = {
    'connection-count': count,
    'connection-creation-total': createdTotal,
    'connection-close-total': createdTotal - count,
  }
  for (const [name, value] of Object.entries(values))
    yield gauge('kafka.server', 'socket-server-metrics', { name }, value)
}

/** As the quotas of Kafka tell: requests that wait, and what made them wait. */
function* throttleGauges({ quotas, clock }: GaugeSources): Generator<Sample> {
  const byType = { Produce: quotas.produce, Fetch: quotas.fetch, Request: quotas.request }
  for (const [type, { throttled }] of Object.entries(byType)) {
    const value = throttled.count(clock.monotonic())
    yield { domain: 'kafka.server', type, keys: {}, attribute: 'queue-size', value }
    yield { domain: 'kafka.server', type, keys: {}, attribute: 'throttled-total', value: throttled.amount }
  }
}

function* replicaGauges({ replicas, fetchSessions }: GaugeSources): Generator<Sample> {
  const counts = {
    PartitionCount: 0,
    LeaderCount: 0,
    UnderReplicatedPartitions: 0,
    UnderMinIsrPartitionCount: 0,
    AtMinIsrPartitionCount: 0,
    OfflineReplicaCount: 0,
  }
  let waitingProduces = 0
  let waitingFetches = fetchSessions.awaitedPartitions
  for (const partition of replicas.all()) {
    const { leader, log, minInSyncReplicas } = partition
    counts.PartitionCount++
    if (log.failure !== undefined) counts.OfflineReplicaCount++
    waitingProduces += partition.acks.count
    waitingFetches += partition.readers.count
    if (leader === undefined) continue
    counts.LeaderCount++
    if (leader.isr.length < leader.replicaCount) counts.UnderReplicatedPartitions++
    if (leader.isUnderMinIsr(minInSyncReplicas)) counts.UnderMinIsrPartitionCount++
    if (leader.isr.length === minInSyncReplicas) counts.AtMinIsrPartitionCount++
  }
  for (const [name, value] of Object.entries(counts))
    yield gauge('kafka.server', 'ReplicaManager', { name }, value)
  yield purgatory('Produce', waitingProduces)
  yield purgatory('Fetch', waitingFetches)
  for (const { topic, index, log } of replicas.all()) {
    const keys = { topic, partition: String(index) }
    yield gauge('kafka.log', 'Log', { name: 'LogStartOffset', ...keys }, log.logStartOffset)
    yield gauge('kafka.log', 'Log', { name: 'LogEndOffset', ...keys }, log.logEndOffset)
    yield gauge('kafka.log', 'Log', { name: 'Size', ...keys }, log.sizeBytes)
    yield gauge('kafka.log', 'Log', { name: 'NumLogSegments', ...keys }, log.segmentCount)
  }
}

/** What waits here is counted once for each partition that it waits for. */
function purgatory(delayedOperation: string, value: number): Sample {
  return gauge(
    'kafka.server',
    'DelayedOperationPurgatory',
    { name: 'PurgatorySize', delayedOperation },
    value,
  )
}

/** Only the active controller tells of the whole cluster; the others tell zero, as in Kafka. */
function* controllerGauges({ cluster, controller }: GaugeSources): Generator<Sample> {
  const counts = {
    ActiveControllerCount: controller.isActive ? 1 : 0,
    OfflinePartitionsCount: 0,
    PreferredReplicaImbalanceCount: 0,
    GlobalTopicCount: 0,
    GlobalPartitionCount: 0,
    ActiveBrokerCount: 0,
    FencedBrokerCount: 0,
  }
  if (controller.isActive) {
    counts.GlobalTopicCount = cluster.topics.size
    counts.GlobalPartitionCount = cluster.partitionCount
    for (const { partitions } of cluster.topics.values()) {
      for (const { leader, replicas } of partitions) {
        if (leader === NO_LEADER) counts.OfflinePartitionsCount++
        else if (leader !== replicas[0]) counts.PreferredReplicaImbalanceCount++
      }
    }
    for (const broker of cluster.brokers.values()) {
      if (isActive(broker)) counts.ActiveBrokerCount++
      else counts.FencedBrokerCount++
    }
  }
  for (const [name, value] of Object.entries(counts))
    yield gauge('kafka.controller', 'KafkaController', { name }, value)
}
