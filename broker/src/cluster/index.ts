/** Cluster metadata: records, image, controller, placement, liveness and configurations. All of it is pure. */
export { InvariantError } from './assert.ts'
export * from './configs/broker-config.ts'
export type { BrokerSettings } from './configs/broker-definitions.ts'
export {
  type ClientMatchKey,
  type ClientMetricsSubscription,
  clientMetricsSubscription,
} from './configs/client-metrics-definitions.ts'
export { ConfigType } from './configs/definition.ts'
export * from './configs/describe.ts'
export { environmentProperties } from './configs/environment.ts'
export {
  type GroupConfigName,
  type GroupSettings,
  groupSetting,
  groupSettings,
} from './configs/group-definitions.ts'
export type { ListenerConfig } from './configs/listeners.ts'
export { type LiveBrokerConfig, liveBrokerConfig } from './configs/live-config.ts'
export { parseProperties } from './configs/properties.ts'
export { replicationThrottles } from './configs/replication-throttles.ts'
export {
  type BrokerConfigSources,
  ConfigSource,
  type ConfigSynonym,
  configSources,
} from './configs/resolve.ts'
export { parseTopicConfig } from './configs/topic-config.ts'
export type { TopicConfig } from './configs/topic-definitions.ts'
export * from './controller/alter-client-quotas.ts'
export * from './controller/alter-configs.ts'
export * from './controller/alter-partition.ts'
export type { AlteredScramUser, AlterScramCredentialsRequest } from './controller/alter-scram-credentials.ts'
export * from './controller/assign-replicas-to-dirs.ts'
export * from './controller/brokers.ts'
export * from './controller/create-partitions.ts'
export * from './controller/create-topics.ts'
export type { ControllerContext, CountMutations, Decision, Outcome } from './controller/decision.ts'
export * from './controller/delete-topics.ts'
export * from './controller/elect-leaders.ts'
export type { AllocateProducerIdsReply, AllocateProducerIdsRequest } from './controller/producer-ids.ts'
export * from './controller/reassignments.ts'
export * from './controller.ts'
export { featureLevel, SUPPORTED_FEATURES, transactionVersion } from './features.ts'
export { RecordError } from './fields.ts'
export { ClusterImage } from './image.ts'
export * from './image-types.ts'
export { offsetsTopic, shareStateTopic, transactionsTopic } from './internal-topics.ts'
export * from './liveness.ts'
export * from './metadata-log.ts'
export {
  type ClientQuotasView,
  entityKey,
  type QuotaEntity,
  type QuotaEntityPart,
  QuotaEntityType,
} from './quotas/client-quotas.ts'
export { describeClientQuotas, QuotaMatch } from './quotas/describe-quotas.ts'
export { QuotaKey } from './quotas/quota-keys.ts'
export {
  ConfigResourceType,
  decodeRecords,
  encodeRecords,
  LeaderRecoveryState,
  type MetadataRecord,
  NO_LEADER,
  type RecordOf,
  ScramMechanism,
} from './records.ts'
export type { ScramCredentialsView } from './scram-credentials.ts'
export {
  invalidTopicName,
  isInternalTopic,
  OFFSETS_TOPIC,
  SHARE_STATE_TOPIC,
  TRANSACTIONS_TOPIC,
} from './topic-names.ts'
