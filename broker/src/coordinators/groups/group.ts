/** What every kind of group has in common: a name, committed offsets, timers, and an end. */
import type { ClassicGroup } from './classic/classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { CommittedOffset, GroupOffsets } from './offsets/group-offsets.ts'
import type { GroupRecord } from './records.ts'
import type { ShareGroup } from './share/share-group.ts'
import type { StreamsGroup } from './streams/streams-group.ts'

export type Group = ClassicGroup | ConsumerGroup | ShareGroup | StreamsGroup

/** The kinds of groups, as ListGroups names them. */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

export interface AnyGroup {
  readonly type: GroupType
  readonly groupId: string
  readonly offsets: GroupOffsets
  readonly protocolType: string | null
  /** As administrators see it. */
  readonly stateName: string
  /** Without members: it may be deleted, and its offsets may expire. */
  readonly isEmpty: boolean
  /** An empty group that keeps no offsets has nothing to tell any more. */
  readonly isSpent: boolean
  /** The log holds records of the group, other than offsets, that are no tombstones. */
  readonly isPersisted: boolean
  /** No timer of this group is due earlier; it may be early, since renewing a session only moves deadlines away. */
  dueMs: number
  /** A committed offset of a topic that the group still reads does not expire. */
  isSubscribed(topic: string): boolean
  /** From when on the retention of an offset counts; undefined while no offset of the group may expire. */
  retainedSinceMs(committed: CommittedOffset): number | undefined
  /** Removes all that the log holds of the group, but for its offsets. */
  tombstones(): GroupRecord[]
}
