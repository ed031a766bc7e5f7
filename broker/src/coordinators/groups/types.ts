/** What goes into a group shard and what comes out of it. */

import type { Outcome as CoordinatorOutcome, Reply as CoordinatorReply } from '../coordinator-shard.ts'
import type {
  ConsumerGroupHeartbeatResponse,
  DeleteGroupsResponse,
  HeartbeatResponse,
  JoinGroupResponse,
  LeaveGroupResponse,
  OffsetCommitResponse,
  OffsetDeleteResponse,
  ShareGroupHeartbeatResponse,
  SyncGroupResponse,
} from './bodies.ts'
import type { GroupConfig, GroupSettings } from './config.ts'
import type { Groups } from './groups.ts'
import type { GroupRecord } from './records.ts'
import type { StreamsHeartbeatResult } from './streams/heartbeat.ts'
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
  | ShareGroupHeartbeatResponse
  | ShareAlterationResponse
  | StreamsHeartbeatResult

/** What an administrator's change of a share group begins with. */
export interface ShareAlterationResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** The new state epoch of what is changed. */
  readonly stateEpoch: number
}

export type Reply = CoordinatorReply<GroupResponse>

export type Outcome = CoordinatorOutcome<GroupResponse, never>

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
  /** Monotonic: what deadlines are measured by. */
  readonly nowMs: number
  /** What is written down. */
  readonly wallMs: number
  readonly records: GroupRecord[]
  readonly replies: Reply[]
}

/** Who sent a JoinGroup, and in which version: a parked one is answered in the version it came in. */
export interface Caller {
  readonly version: number
  readonly clientId: string | null
  readonly clientHost: string
}
