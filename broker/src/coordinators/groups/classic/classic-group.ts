/**
 * One group under the classic protocol: its members, its generation and its committed offsets. This class
 * keeps the parts of that state consistent with each other; when they change is decided in rebalance.ts,
 * join.ts, sync.ts, leave.ts and sessions.ts.
 */
import { assert } from '../assert.ts'
import type { AnyGroup } from '../group.ts'
import type { CommittedOffset, GroupOffsets } from '../offsets/group-offsets.ts'
import { type GroupRecord, groupTombstone } from '../records.ts'
import { type Member, metadataOf, type Protocol } from './member.ts'
import { ProtocolCounts } from './protocol-counts.ts'
import { subscribedTopics } from './subscription.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const previousStates: Record<GroupState, readonly GroupState[]> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/**
 * When the join phase ends. The first one of an empty group is short and is extended while members arrive.
 */
export interface JoinTimer {
  readonly deadlineMs: number
  readonly extension?: { readonly delayMs: number; readonly remainingMs: number }
}

const CONSUMER_PROTOCOL_TYPE = 'consumer'

export class ClassicGroup implements AnyGroup {
  readonly type = 'classic'
  readonly groupId: string
  readonly offsets: GroupOffsets
  state: GroupState = 'Empty'
  /** The state before this one. */
  previousState: GroupState = 'Empty'
  stateTimestampMs: number
  /** Null in a group that never had members: it only keeps offsets. */
  protocolType: string | null = null
  protocolName: string | null = null
  generationId = 0
  leaderId: string | null = null
  readonly members = new Map<string, Member>()
  /** Member ids by group instance id. */
  readonly staticMembers = new Map<string, string>()
  /** Ids that were given out with MEMBER_ID_REQUIRED (KIP-394) and when they lapse. */
  readonly pendingMembers = new Map<string, number>()
  /** Members of this generation that did not send SyncGroup yet. */
  readonly pendingSyncMembers = new Set<string>()
  syncDeadlineMs = Infinity
  joinTimer: JoinTimer | undefined
  /** A member joined since the initial rebalance delay was last looked at. */
  newMemberAdded = false
  awaitingJoinCount = 0
  /** Null while unknown: then every topic counts as subscribed. */
  subscribedTopics: ReadonlySet<string> | null = null
  isPersisted = false
  dueMs = Infinity
  private readonly protocolSupport = new ProtocolCounts()

  constructor(groupId: string, offsets: GroupOffsets, wallMs: number) {
    this.groupId = groupId
    this.offsets = offsets
    this.stateTimestampMs = wallMs
  }

  get stateName(): string {
    return this.state
  }

  get isEmpty(): boolean {
    return this.state === 'Empty'
  }

  get isSpent(): boolean {
    return this.offsets.isEmpty && this.isEmpty && this.pendingMembers.size === 0
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  transitionTo(state: GroupState, wallMs: number): void {
    assert(
      previousStates[state].includes(this.state),
      `${this.groupId} cannot go from ${this.state} to ${state}`,
    )
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = wallMs
  }

  wakeAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs
  }

  renewSession(member: Member, nowMs: number): void {
    member.sessionDeadlineMs = nowMs + member.sessionTimeoutMs
    this.wakeAt(member.sessionDeadlineMs)
  }

  add(member: Member, protocolType: string): void {
    const { memberId, groupInstanceId } = member
    assert(!this.members.has(memberId), `${memberId} is in ${this.groupId} already`)
    if (this.members.size === 0) this.protocolType = protocolType
    assert(
      this.protocolType === protocolType,
      `${memberId} brings another protocol type into ${this.groupId}`,
    )
    this.leaderId ??= memberId
    this.members.set(memberId, member)
    if (groupInstanceId !== null) this.staticMembers.set(groupInstanceId, memberId)
    if (member.parkedJoin) this.awaitingJoinCount++
    this.protocolSupport.count(member.protocols, 1)
    this.pendingMembers.delete(memberId)
  }

  /** Parked requests have to be answered before. */
  remove(member: Member): void {
    const { memberId, groupInstanceId } = member
    assert(
      !member.parkedJoin && !member.parkedSync,
      `${memberId} leaves ${this.groupId} with a parked request`,
    )
    assert(this.members.delete(memberId), `${memberId} is not in ${this.groupId}`)
    this.protocolSupport.count(member.protocols, -1)
    if (groupInstanceId !== null) this.staticMembers.delete(groupInstanceId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
  }

  /** The same instance under a new member id, in the old one's place (KIP-345). */
  replace(old: Member, newMemberId: string): Member {
    assert(!old.parkedJoin && !old.parkedSync, `${old.memberId} is replaced with a parked request`)
    assert(old.groupInstanceId !== null, `${old.memberId} is no static member`)
    const replacement: Member = { ...old, memberId: newMemberId, isNew: false }
    this.members.delete(old.memberId)
    this.members.set(newMemberId, replacement)
    this.staticMembers.set(old.groupInstanceId, newMemberId)
    this.dropPendingSync(old.memberId)
    if (this.leaderId === old.memberId) this.leaderId = newMemberId
    return replacement
  }

  setProtocols(member: Member, protocols: readonly Protocol[]): void {
    this.protocolSupport.count(member.protocols, -1)
    member.protocols = protocols
    this.protocolSupport.count(protocols, 1)
  }

  dropPendingSync(memberId: string): void {
    this.pendingSyncMembers.delete(memberId)
    if (this.pendingSyncMembers.size === 0) this.syncDeadlineMs = Infinity
  }

  get allMembersJoined(): boolean {
    return this.awaitingJoinCount === this.members.size && this.pendingMembers.size === 0
  }

  /** The longest that any member wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const member of this.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
    return longestMs
  }

  /** Whether a member with these protocols finds one that all the others support, too. */
  supports(protocolType: string, protocols: readonly { readonly name: string }[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.protocolType) return false
    return protocols.some(({ name }) => this.protocolSupport.of(name) === this.members.size)
  }

  /**
   * Every member votes for the first of its protocols that all support. A draw goes to the earliest member's
   * choice.
   */
  selectProtocol(): string {
    assert(this.members.size > 0, `${this.groupId} has no members to vote for a protocol`)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.protocols.find(({ name }) => this.protocolSupport.of(name) === this.members.size)
      assert(vote !== undefined, `${this.groupId} has no protocol that ${member.memberId} shares`)
      votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    let [elected = '', mostVotes = 0] = votes.entries().next().value ?? []
    for (const [name, count] of votes) if (count > mostVotes) [elected, mostVotes] = [name, count]
    return elected
  }

  /** A leader that did not join again loses its part to one that did. False if nobody did. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId)
    if (leader?.parkedJoin) return true
    for (const member of this.members.values()) {
      if (!member.parkedJoin) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  refreshSubscribedTopics(): void {
    this.subscribedTopics = this.computeSubscribedTopics()
  }

  isSubscribed(topic: string): boolean {
    if (this.subscribedTopics) return this.subscribedTopics.has(topic)
    return this.usesConsumerProtocol
  }

  retainedSinceMs({ commitTimestampMs }: CommittedOffset): number | undefined {
    if (this.protocolType === null) return commitTimestampMs
    if (this.isEmpty) return this.stateTimestampMs < 0 ? commitTimestampMs : this.stateTimestampMs
    const hasSubscriptions = this.state === 'Stable' && this.usesConsumerProtocol
    return hasSubscriptions ? commitTimestampMs : undefined
  }

  tombstones(): GroupRecord[] {
    return [groupTombstone(this.groupId)]
  }

  private computeSubscribedTopics(): ReadonlySet<string> | null {
    if (this.protocolType === null) return null
    const topics = new Set<string>()
    if (this.members.size === 0) return topics
    if (!this.usesConsumerProtocol || this.protocolName === null) return null
    for (const member of this.members.values()) {
      const subscribed = subscribedTopics(metadataOf(member, this.protocolName))
      if (!subscribed) return null
      for (const topic of subscribed) topics.add(topic)
    }
    return topics
  }
}
