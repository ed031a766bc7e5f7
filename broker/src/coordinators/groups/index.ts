/** Groups under the classic, the consumer and the streams protocol, and committed offsets. */
export type * from './bodies.ts'
export { defaultGroupConfig, defaultGroupSettings, type GroupConfig, type GroupSettings } from './config.ts'
export type { GroupFilters } from './describe.ts'
export type { GroupRecord } from './records.ts'
export { GroupShard } from './shard.ts'
export { describeShareGroup } from './share/describe.ts'
export { shareGroupHeartbeat } from './share/heartbeat.ts'
export type { SharedTopic } from './share/records.ts'
export {
  changeShared,
  type SharedChange,
  type SharedPartitions,
  sharedPartitions,
} from './share/shared-partitions.ts'
export { describeStreamsGroup } from './streams/describe.ts'
export { type StreamsHeartbeatResult, streamsGroupHeartbeat } from './streams/heartbeat.ts'
export type { TopicsView } from './target/topics-view.ts'
export type {
  Caller,
  GroupResponse,
  GroupSurroundings,
  Outcome,
  Reply,
  ShareAlterationResponse,
} from './types.ts'
