/**
 * One group under the consumer protocol (KIP-848). What its records say is changed by `apply` only, in replaying as
 * in working, so that a loaded group is the one that was written. Sessions and other deadlines are kept beside that:
 * they begin anew when a group is loaded.
 */

import { ProtocolCounts } from '../classic/protocol-counts.ts'
import type { AnyGroup } from '../group.ts'
import type { CommittedOffset, GroupOffsets } from '../offsets/group-offsets.ts'
import type { GroupRecord } from '../records.ts'
import { contains, eachPartition, NO_PARTITIONS, type TopicPartitions } from '../target/partitions.ts'
import {
  type ConsumerMember,
  type CurrentAssignment,
  LEFT_FOR_A_WHILE_EPOCH,
  type MemberMetadata,
  memberState,
  NOTHING_ASSIGNED,
} from './member.ts'
import { type ConsumerEntry, consumerRecord, type ResolvedRegex } from './records.ts'
import { RegexResolution } from './regexes.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

const NO_METADATA: MemberMetadata = {
  groupInstanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
  subscribedTopicRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
}

/** A member that revokes, or a classic one that has to join or to ask for its assignment, has until then. */
export interface MemberDeadline {
  readonly deadlineMs: number
  readonly reason: 'revoke' | 'join' | 'sync'
  readonly memberEpoch: number
}

export class ConsumerGroup implements AnyGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly isPersisted = true
  readonly groupId: string
  readonly offsets: GroupOffsets
  /** Rises with every change that asks for a new target assignment. */
  groupEpoch = 0
  metadataHash = 0
  /** The group epoch that the target assignment was made for. */
  assignmentEpoch = 0
  assignmentTimestampMs = 0
  dueMs = Infinity
  /** Topics changed since the metadata hash was computed. */
  isMetadataStale = true
  readonly sessionDeadlines = new Map<string, number>()
  readonly memberDeadlines = new Map<string, MemberDeadline>()
  readonly resolution = new RegexResolution()
  readonly classicProtocols = new ProtocolCounts()
  private readonly memberMap = new Map<string, ConsumerMember>()
  private readonly staticMembers = new Map<string, string>()
  private readonly targets = new Map<string, TopicPartitions>()
  /** Who has a partition, or has yet to give it back: member ids by topic id and partition. */
  private readonly owners = new Map<string, Map<number, string>>()
  private readonly resolved = new Map<string, ResolvedRegex>()
  private classicCount = 0

  constructor(groupId: string, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.memberMap
  }

  get regexes(): ReadonlyMap<string, ResolvedRegex> {
    return this.resolved
  }

  get isEmpty(): boolean {
    return this.memberMap.size === 0
  }

  get isSpent(): boolean {
    return this.isEmpty && this.offsets.isEmpty
  }

  /** How many members speak the classic protocol. */
  get classicMemberCount(): number {
    return this.classicCount
  }

  get stateName(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.assignmentEpoch < this.groupEpoch) return 'Assigning'
    for (const { state, memberEpoch } of this.memberMap.values()) {
      if (state !== memberState.stable || memberEpoch !== this.assignmentEpoch) return 'Reconciling'
    }
    return 'Stable'
  }

  staticMember(groupInstanceId: string): ConsumerMember | undefined {
    const memberId = this.staticMembers.get(groupInstanceId)
    return memberId === undefined ? undefined : this.memberMap.get(memberId)
  }

  targetOf(memberId: string): TopicPartitions {
    return this.targets.get(memberId) ?? NO_PARTITIONS
  }

  hasTarget(memberId: string): boolean {
    return this.targets.has(memberId)
  }

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.owners.get(topicId)?.get(partition)
  }

  /** Names, and what regular expressions resolve to. */
  topicsOf(member: MemberMetadata): Set<string> {
    const { subscribedTopicNames, subscribedTopicRegex } = member
    const names = new Set(subscribedTopicNames)
    const matched = subscribedTopicRegex === null ? undefined : this.resolved.get(subscribedTopicRegex)
    for (const name of matched?.topics ?? []) names.add(name)
    return names
  }

  subscribedTopics(): Set<string> {
    const names = new Set<string>()
    const regexes = new Set<string>()
    for (const { subscribedTopicNames, subscribedTopicRegex } of this.memberMap.values()) {
      for (const name of subscribedTopicNames) names.add(name)
      if (subscribedTopicRegex !== null) regexes.add(subscribedTopicRegex)
    }
    for (const regex of regexes) for (const name of this.resolved.get(regex)?.topics ?? []) names.add(name)
    return names
  }

  isSubscribed(topic: string): boolean {
    for (const member of this.memberMap.values()) {
      if (member.subscribedTopicNames.includes(topic)) return true
      const regex = member.subscribedTopicRegex
      if (regex !== null && this.resolved.get(regex)?.topics.includes(topic)) return true
    }
    return false
  }

  retainedSinceMs({ commitTimestampMs }: CommittedOffset): number {
    return commitTimestampMs
  }

  topicsChanged(names: ReadonlySet<string>, nowMs: number): void {
    const isConcerned = this.resolved.size > 0 || [...this.subscribedTopics()].some((name) => names.has(name))
    if (this.isEmpty || !isConcerned) return
    this.isMetadataStale = true
    this.wakeAt(nowMs)
  }

  wakeAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs
  }

  tombstones(): GroupRecord[] {
    const none: ConsumerEntry[] = [...this.memberMap.keys()].flatMap((memberId) => [
      { kind: 'consumerCurrent', memberId, value: null },
      { kind: 'consumerTarget', memberId, value: null },
      { kind: 'consumerMember', memberId, value: null },
    ])
    for (const regex of this.resolved.keys()) none.push({ kind: 'consumerRegex', regex, value: null })
    none.push({ kind: 'consumerTargetEpoch', value: null }, { kind: 'consumerGroup', value: null })
    return none.map((entry) => consumerRecord(this.groupId, entry))
  }

  apply(entry: ConsumerEntry): void {
    switch (entry.kind) {
      case 'consumerGroup':
        this.groupEpoch = entry.value?.epoch ?? 0
        this.metadataHash = entry.value?.metadataHash ?? 0
        return
      case 'consumerMember':
        this.describeMember(entry.memberId, entry.value)
        return
      case 'consumerCurrent':
        this.moveMember(entry.memberId, entry.value ?? NOTHING_ASSIGNED, entry.value === null)
        return
      case 'consumerTargetEpoch':
        this.assignmentEpoch = entry.value?.assignmentEpoch ?? 0
        this.assignmentTimestampMs = entry.value?.assignmentTimestampMs ?? 0
        return
      case 'consumerTarget':
        if (entry.value) this.targets.set(entry.memberId, entry.value)
        else this.targets.delete(entry.memberId)
        return
      case 'consumerRegex':
        if (entry.value) this.resolved.set(entry.regex, entry.value)
        else this.resolved.delete(entry.regex)
    }
  }

  /** Null: the member is gone. */
  private describeMember(memberId: string, metadata: MemberMetadata | null): void {
    const known = this.memberMap.get(memberId)
    if (known) this.uncount(known)
    if (metadata) {
      const member = { ...NOTHING_ASSIGNED, ...known, ...metadata, memberId }
      this.memberMap.set(memberId, member)
      this.count(member)
    } else if (known) {
      this.release(known)
      this.memberMap.delete(memberId)
      this.sessionDeadlines.delete(memberId)
      this.memberDeadlines.delete(memberId)
    }
  }

  /** After compaction a member's assignment may come before the member itself, or alone. */
  private moveMember(memberId: string, current: CurrentAssignment, isTombstone: boolean): void {
    const known = this.memberMap.get(memberId)
    if (known) this.release(known)
    else if (isTombstone) return
    const member: ConsumerMember = { ...NO_METADATA, ...known, ...current, memberId }
    this.memberMap.set(memberId, member)
    for (const [topicId, partition] of ownedBy(member)) {
      const owners = this.owners.get(topicId)
      if (owners) owners.set(partition, memberId)
      else this.owners.set(topicId, new Map([[partition, memberId]]))
    }
  }

  private release(member: ConsumerMember): void {
    for (const [topicId, partition] of ownedBy(member)) {
      const owners = this.owners.get(topicId)
      if (owners?.get(partition) !== member.memberId) continue
      owners.delete(partition)
      if (owners.size === 0) this.owners.delete(topicId)
    }
  }

  private count({ memberId, groupInstanceId, classic }: ConsumerMember): void {
    if (groupInstanceId !== null) this.staticMembers.set(groupInstanceId, memberId)
    if (!classic) return
    this.classicCount++
    this.classicProtocols.count(classic.supportedProtocols, 1)
  }

  private uncount({ memberId, groupInstanceId, classic }: ConsumerMember): void {
    if (groupInstanceId !== null && this.staticMembers.get(groupInstanceId) === memberId) {
      this.staticMembers.delete(groupInstanceId)
    }
    if (!classic) return
    this.classicCount--
    this.classicProtocols.count(classic.supportedProtocols, -1)
  }
}

function* ownedBy(member: ConsumerMember): Generator<readonly [string, number]> {
  yield* eachPartition(member.assigned)
  for (const [topicId, partition] of eachPartition(member.pendingRevocation)) {
    if (!contains(member.assigned, topicId, partition)) yield [topicId, partition]
  }
}

/** A static member that said that it will be back. */
export function isAway(member: ConsumerMember): boolean {
  return member.memberEpoch === LEFT_FOR_A_WHILE_EPOCH
}
