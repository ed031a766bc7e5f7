/** What goes into a group shard and what comes out of it. */

import type {
  ConsumerGroupHeartbeatResponse,
  DeleteGroupsResponse,
  HeartbeatResponse,
  JoinGroupResponse,
  LeaveGroupResponse,
  OffsetCommitResponse,
  OffsetDeleteResponse,
  SyncGroupResponse,
} from './bodies.ts'
import type { GroupConfig, GroupSettings } from './config.ts'
import type { Groups } from './groups.ts'
import type { GroupRecord } from './records.ts'
import type { TopicsView } from './target/topics-view.ts'

export type GroupResponse =
  | JoinGroupResponse
  | SyncGroupResponse
  | HeartbeatResponse
  | LeaveGroupResponse
  | OffsetCommitResponse
  | OffsetDeleteResponse
  | DeleteGroupsResponse
  | ConsumerGroupHeartbeatResponse

/** `token` is the caller's own handle of a request: it comes back unread, exactly once. */
export interface Reply {
  readonly token: unknown
  readonly response: GroupResponse
}

export interface Outcome {
  /** To be appended atomically, in this order. */
  readonly records: readonly GroupRecord[]
  /** To be sent once these records, and those of every earlier outcome, are written. */
  readonly replies: readonly Reply[]
}

/** What groups see of the world around them. */
export interface GroupSurroundings {
  readonly topics: TopicsView
  settingsOf(groupId: string): GroupSettings
}

/**
 * The outcome of one call while it is being made, and what every rule may ask for: the limits, the time, the groups
 * and the topics.
 */
export interface Effects extends GroupSurroundings {
  readonly config: GroupConfig
  readonly groups: Groups
  readonly nowMs: number
  readonly records: GroupRecord[]
  readonly replies: Reply[]
}

/** Who sent a JoinGroup, and in which version: a parked one is answered in the version it came in. */
export interface Caller {
  readonly version: number
  readonly clientId: string | null
  readonly clientHost: string
}
