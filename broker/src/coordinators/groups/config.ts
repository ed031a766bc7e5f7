/** Limits of the group coordinator: Kafka's broker properties, in camel case. */
export interface GroupConfig {
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMaxSize: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetMetadataMaxBytes: number
  readonly groupConsumerMaxSize: number
  readonly groupShareMaxSize: number
  /** By preference: the first one is used if no member asks for another. */
  readonly groupConsumerAssignors: readonly string[]
  readonly groupConsumerMigrationPolicy: MigrationPolicy
  readonly groupConsumerRegexRefreshIntervalMs: number
  readonly groupStreamsMaxSize: number
}

/** Whether a group may go from the classic protocol to the consumer protocol (upgrade) and back while it works. */
export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional'

/** What each group may have a value of its own for: Kafka's group configs, in camel case. */
export interface GroupSettings {
  readonly consumerSessionTimeoutMs: number
  readonly consumerHeartbeatIntervalMs: number
  readonly consumerAssignmentIntervalMs: number
  readonly shareAssignmentIntervalMs: number
  readonly shareSessionTimeoutMs: number
  readonly shareHeartbeatIntervalMs: number
  readonly streamsSessionTimeoutMs: number
  readonly streamsHeartbeatIntervalMs: number
  readonly streamsAssignmentIntervalMs: number
  readonly streamsInitialRebalanceDelayMs: number
  readonly streamsNumStandbyReplicas: number
}

/** Kafka's own defaults. */
export const defaultGroupConfig: GroupConfig = {
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupInitialRebalanceDelayMs: 3_000,
  groupMaxSize: 2_147_483_647,
  offsetsRetentionMs: 7 * 24 * 60 * 60 * 1_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetMetadataMaxBytes: 4_096,
  groupConsumerMaxSize: 2_147_483_647,
  groupShareMaxSize: 200,
  groupConsumerAssignors: ['uniform', 'range'],
  groupConsumerMigrationPolicy: 'bidirectional',
  groupConsumerRegexRefreshIntervalMs: 600_000,
  groupStreamsMaxSize: 2_147_483_647,
}

export const defaultGroupSettings: GroupSettings = {
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 5_000,
  consumerAssignmentIntervalMs: 1_000,
  shareAssignmentIntervalMs: 1_000,
  shareSessionTimeoutMs: 45_000,
  shareHeartbeatIntervalMs: 5_000,
  streamsSessionTimeoutMs: 45_000,
  streamsHeartbeatIntervalMs: 5_000,
  streamsAssignmentIntervalMs: 1_000,
  streamsInitialRebalanceDelayMs: 3_000,
  streamsNumStandbyReplicas: 0,
}
