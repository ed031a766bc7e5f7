/** What the cluster knows of itself, read-only. Objects here are never changed: a change puts a new one in their place. */
import type { ClientQuotasView } from './quotas/client-quotas.ts'
import type { ConfigResourceType, RecordOf } from './records.ts'
import type { ScramCredentialsView } from './scram-credentials.ts'

export type BrokerRegistration = Omit<RecordOf<'RegisterBroker'>, 'type'>
export type Endpoint = BrokerRegistration['endpoints'][number]

/** The state of one partition. ELR are the replicas that may lead once the ISR is empty (KIP-966). */
export type PartitionImage = Omit<RecordOf<'Partition'>, 'type' | 'topicId'>

export interface TopicImage {
  readonly name: string
  readonly topicId: string
  /** By partition id, without gaps. */
  readonly partitions: readonly PartitionImage[]
}

/** How many partitions have the broker as a replica, and as their first (preferred) one. */
export interface BrokerLoad {
  readonly replicas: number
  readonly preferredLeaders: number
}

export type ConfigOverrides = ReadonlyMap<string, string>

export interface ClusterView {
  /** Index of the last log entry that was applied; -1 before the first. */
  readonly offset: number
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly topics: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<string, TopicImage>
  readonly features: ReadonlyMap<string, number>
  readonly clientQuotas: ClientQuotasView
  readonly scramCredentials: ScramCredentialsView
  readonly nextProducerId: number
  readonly partitionCount: number
  /** Empty if the resource has no override. */
  configs(type: ConfigResourceType, name: string): ConfigOverrides
  /** The names of the resources that have overrides. */
  configuredNames(type: ConfigResourceType): readonly string[]
  load(brokerId: number): BrokerLoad
  /** Names that differ from `name` at most by `.` in place of `_`: they would share the names of metrics. */
  collidingTopics(name: string): readonly string[]
}

export interface PartitionRef {
  readonly topic: TopicImage
  readonly partitionId: number
}

/** What one log entry changed, for those who must react to it. Lists are in the order of the records, without repeats. */
export interface ImageChange {
  readonly topicsCreated: readonly TopicImage[]
  readonly topicsDeleted: readonly TopicImage[]
  /** Also the partitions of new topics; not those of deleted ones. */
  readonly partitionsChanged: readonly PartitionRef[]
  readonly configsChanged: readonly { readonly type: ConfigResourceType; readonly name: string }[]
  readonly brokersChanged: readonly number[]
  readonly featuresChanged: readonly string[]
  readonly clientQuotasChanged: boolean
}

/** May be given work: registered, reachable and not on its way out. */
export function isActive(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}
