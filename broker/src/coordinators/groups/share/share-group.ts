/**
 * One share group (KIP-932): its members, and which partitions each of them is to fetch from. What its records say is
 * changed by `apply` only, in replaying as in working. Partitions may be with several members at a time, so nothing has
 * to be given back before others get it.
 */
import type { AnyGroup } from '../group.ts'
import type { GroupOffsets } from '../offsets/group-offsets.ts'
import type { GroupRecord } from '../records.ts'
import { NO_PARTITIONS, type TopicPartitions } from '../target/partitions.ts'
import {
  type ShareCurrent,
  type SharedTopic,
  type ShareEntry,
  type ShareMemberMetadata,
  shareRecord,
} from './records.ts'

export interface ShareMember extends ShareMemberMetadata, ShareCurrent {
  readonly memberId: string
}

const NO_METADATA: ShareMemberMetadata = {
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
}
const NOTHING_ASSIGNED: ShareCurrent = { memberEpoch: 0, previousMemberEpoch: -1, assigned: NO_PARTITIONS }

export class ShareGroup implements AnyGroup {
  readonly type = 'share'
  readonly protocolType = 'share'
  readonly isPersisted = true
  /** An empty share group keeps its place in the partitions: it goes only when it is deleted. */
  readonly isSpent = false
  readonly groupId: string
  /** A share group commits none. */
  readonly offsets: GroupOffsets
  groupEpoch = 0
  metadataHash = 0
  assignmentEpoch = 0
  assignmentTimestampMs = 0
  dueMs = Infinity
  /** Topics changed since the metadata hash was computed. */
  isMetadataStale = true
  readonly sessionDeadlines = new Map<string, number>()
  private readonly memberMap = new Map<string, ShareMember>()
  private readonly targets = new Map<string, TopicPartitions>()
  private readonly sharedMap = new Map<string, SharedTopic>()

  constructor(groupId: string, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
  }

  get members(): ReadonlyMap<string, ShareMember> {
    return this.memberMap
  }

  /** The topics whose partitions have their state at the share coordinator, by id. */
  get shared(): ReadonlyMap<string, SharedTopic> {
    return this.sharedMap
  }

  get isEmpty(): boolean {
    return this.memberMap.size === 0
  }

  get stateName(): 'Empty' | 'Stable' {
    return this.isEmpty ? 'Empty' : 'Stable'
  }

  targetOf(memberId: string): TopicPartitions {
    return this.targets.get(memberId) ?? NO_PARTITIONS
  }

  subscribedTopics(): Set<string> {
    return new Set([...this.memberMap.values()].flatMap((member) => [...member.subscribedTopicNames]))
  }

  isSubscribed(topic: string): boolean {
    return this.subscribedTopics().has(topic)
  }

  retainedSinceMs(): undefined {
    return undefined
  }

  topicsChanged(names: ReadonlySet<string>, nowMs: number): void {
    if (this.isEmpty || ![...this.subscribedTopics()].some((name) => names.has(name))) return
    this.isMetadataStale = true
    this.wakeAt(nowMs)
  }

  wakeAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs
  }

  tombstones(): GroupRecord[] {
    const none: ShareEntry[] = [...this.memberMap.keys()].flatMap(memberTombstones)
    none.push(
      { kind: 'shareTargetEpoch', value: null },
      { kind: 'shareState', value: null },
      { kind: 'shareGroup', value: null },
    )
    return none.map((entry) => shareRecord(this.groupId, entry))
  }

  apply(entry: ShareEntry): void {
    switch (entry.kind) {
      case 'shareGroup':
        this.groupEpoch = entry.value?.epoch ?? 0
        this.metadataHash = entry.value?.metadataHash ?? 0
        return
      case 'shareMember':
        if (entry.value === null) this.forget(entry.memberId)
        else this.change(entry.memberId, entry.value)
        return
      case 'shareCurrent':
        if (entry.value !== null || this.memberMap.has(entry.memberId))
          this.change(entry.memberId, entry.value ?? NOTHING_ASSIGNED)
        return
      case 'shareTargetEpoch':
        this.assignmentEpoch = entry.value?.assignmentEpoch ?? 0
        this.assignmentTimestampMs = entry.value?.assignmentTimestamp ?? 0
        return
      case 'shareTarget':
        if (entry.value) this.targets.set(entry.memberId, entry.value)
        else this.targets.delete(entry.memberId)
        return
      case 'shareState':
        this.sharedMap.clear()
        for (const topic of entry.value ?? []) this.sharedMap.set(topic.topicId, topic)
    }
  }

  private change(memberId: string, change: Partial<ShareMember>): void {
    const known = this.memberMap.get(memberId) ?? { ...NO_METADATA, ...NOTHING_ASSIGNED }
    this.memberMap.set(memberId, { ...known, ...change, memberId })
  }

  private forget(memberId: string): void {
    this.memberMap.delete(memberId)
    this.sessionDeadlines.delete(memberId)
  }
}

/** In this order: a member's assignment must not outlive the member. */
export function memberTombstones(memberId: string): ShareEntry[] {
  return [
    { kind: 'shareCurrent', memberId, value: null },
    { kind: 'shareTarget', memberId, value: null },
    { kind: 'shareMember', memberId, value: null },
  ]
}
