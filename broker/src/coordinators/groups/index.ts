/** Consumer groups under the classic protocol, and committed offsets. */
export type * from './bodies.ts'
export { defaultGroupConfig, type GroupConfig } from './config.ts'
export type { GroupFilters } from './describe.ts'
export type { GroupRecord } from './records.ts'
export { GroupShard } from './shard.ts'
export type { Caller, GroupResponse, Outcome, Reply } from './types.ts'
