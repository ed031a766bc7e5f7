/** Groups under the classic and the consumer protocol, and committed offsets. */
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
export type { TopicsView } from './target/topics-view.ts'
export type {
  Caller,
  GroupResponse,
  GroupSurroundings,
  Outcome,
  Reply,
  ShareAlterationResponse,
} from './types.ts'
