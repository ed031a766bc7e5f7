/** One streams group (KIP-1071). As with consumer groups, what its records say is changed by `apply` only. */
import type { AnyGroup } from '../group.ts'
import type { CommittedOffset, GroupOffsets } from '../offsets/group-offsets.ts'
import type { GroupRecord } from '../records.ts'
import { eachPartition } from '../target/partitions.ts'
import {
  type CurrentTasks,
  NO_CURRENT_TASKS,
  NO_TASKS,
  type Role,
  roles,
  type StreamsMember,
  type StreamsMemberMetadata,
  type Tasks,
} from './member.ts'
import { type StreamsEntry, streamsRecord } from './records.ts'
import { type ConfiguredTopology, type Topology, topicsOf } from './topology.ts'

export type StreamsGroupState = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

export class StreamsGroup implements AnyGroup {
  readonly type = 'streams'
  readonly protocolType = 'streams'
  readonly isPersisted = true
  readonly groupId: string
  readonly offsets: GroupOffsets
  groupEpoch = 0
  metadataHash = 0
  assignmentConfigs: readonly { readonly key: string; readonly value: string }[] = []
  validatedTopologyEpoch = -1
  assignmentEpoch = 0
  assignmentTimestampMs = 0
  topology: Topology | undefined
  /** The topology with the topics that there are; undefined until it is looked at. */
  configured: ConfiguredTopology | undefined
  /** The first assignment of an empty group waits until then for more members. */
  initialDelayEndMs = -Infinity
  /** Who asked the whole application to shut down. */
  shutdownRequestedBy: string | undefined
  /** Rises when members' endpoints or tasks change: they are told who serves which partitions. */
  endpointEpoch = 0
  isMetadataStale = true
  dueMs = Infinity
  readonly sessionDeadlines = new Map<string, number>()
  readonly revocationDeadlines = new Map<
    string,
    { readonly deadlineMs: number; readonly memberEpoch: number }
  >()
  private readonly memberMap = new Map<string, StreamsMember>()
  private readonly staticMembers = new Map<string, string>()
  private readonly targets = new Map<string, Tasks>()
  /** Who has a task in which role, or has yet to give it back: member ids by role, subtopology and partition. */
  private readonly holders: Record<Role, Map<string, Map<number, Set<string>>>> = {
    active: new Map(),
    standby: new Map(),
    warmup: new Map(),
  }

  constructor(groupId: string, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
  }

  get members(): ReadonlyMap<string, StreamsMember> {
    return this.memberMap
  }

  get isEmpty(): boolean {
    return this.memberMap.size === 0
  }

  get isSpent(): boolean {
    return this.isEmpty && this.offsets.isEmpty
  }

  get stateName(): StreamsGroupState {
    if (this.isEmpty) return 'Empty'
    if (!this.configured || this.configured.problem) return 'NotReady'
    if (this.assignmentEpoch < this.groupEpoch) return 'Assigning'
    for (const { state, memberEpoch } of this.memberMap.values()) {
      if (state !== 0 || memberEpoch !== this.assignmentEpoch) return 'Reconciling'
    }
    return 'Stable'
  }

  staticMember(groupInstanceId: string): StreamsMember | undefined {
    return this.memberMap.get(this.staticMembers.get(groupInstanceId) ?? '')
  }

  targetOf(memberId: string): Tasks {
    return this.targets.get(memberId) ?? NO_TASKS
  }

  hasTarget(memberId: string): boolean {
    return this.targets.has(memberId)
  }

  holdersOf(role: Role, subtopologyId: string, partition: number): Iterable<string> {
    return this.holders[role].get(subtopologyId)?.get(partition) ?? []
  }

  isSubscribed(topic: string): boolean {
    return !this.isEmpty && this.topology !== undefined && topicsOf(this.topology).has(topic)
  }

  retainedSinceMs({ commitTimestampMs }: CommittedOffset): number {
    return commitTimestampMs
  }

  topicsChanged(names: ReadonlySet<string>, nowMs: number): void {
    if (this.isEmpty || !this.topology) return
    if (![...topicsOf(this.topology)].some((name) => names.has(name))) return
    this.isMetadataStale = true
    this.wakeAt(nowMs)
  }

  wakeAt(deadlineMs: number): void {
    if (deadlineMs < this.dueMs) this.dueMs = deadlineMs
  }

  tombstones(): GroupRecord[] {
    const none: StreamsEntry[] = [...this.memberMap.keys()].flatMap((memberId) => [
      { kind: 'streamsCurrent', memberId, value: null },
      { kind: 'streamsTarget', memberId, value: null },
      { kind: 'streamsMember', memberId, value: null },
    ])
    none.push({ kind: 'streamsTargetEpoch', value: null }, { kind: 'streamsTopology', value: null })
    none.push({ kind: 'streamsGroup', value: null })
    return none.map((entry) => streamsRecord(this.groupId, entry))
  }

  apply(entry: StreamsEntry): void {
    switch (entry.kind) {
      case 'streamsGroup':
        this.groupEpoch = entry.value?.epoch ?? 0
        this.metadataHash = entry.value?.metadataHash ?? 0
        this.validatedTopologyEpoch = entry.value?.validatedTopologyEpoch ?? -1
        this.assignmentConfigs = entry.value?.assignmentConfigs ?? []
        return
      case 'streamsMember':
        this.describeMember(entry.memberId, entry.value)
        return
      case 'streamsCurrent':
        this.moveMember(entry.memberId, entry.value)
        return
      case 'streamsTargetEpoch':
        this.assignmentEpoch = entry.value?.assignmentEpoch ?? 0
        this.assignmentTimestampMs = entry.value?.assignmentTimestampMs ?? 0
        return
      case 'streamsTarget':
        if (entry.value) this.targets.set(entry.memberId, entry.value)
        else this.targets.delete(entry.memberId)
        return
      case 'streamsTopology':
        this.topology = entry.value ?? undefined
        this.configured = undefined
    }
  }

  private describeMember(memberId: string, metadata: StreamsMemberMetadata | null): void {
    const known = this.memberMap.get(memberId)
    if (known?.groupInstanceId && this.staticMembers.get(known.groupInstanceId) === memberId) {
      this.staticMembers.delete(known.groupInstanceId)
    }
    if (metadata) {
      this.memberMap.set(memberId, { ...NO_CURRENT_TASKS, ...known, ...metadata, memberId })
      if (metadata.groupInstanceId !== null) this.staticMembers.set(metadata.groupInstanceId, memberId)
    } else if (known) {
      this.hold(known, false)
      this.memberMap.delete(memberId)
      this.sessionDeadlines.delete(memberId)
      this.revocationDeadlines.delete(memberId)
      if (this.shutdownRequestedBy === memberId) this.shutdownRequestedBy = undefined
    }
    this.endpointEpoch++
  }

  /** After compaction a member's tasks may come before the member itself, or alone. */
  private moveMember(memberId: string, current: CurrentTasks | null): void {
    const known = this.memberMap.get(memberId)
    if (!known && !current) return
    if (known) this.hold(known, false)
    const member = { ...NO_METADATA, ...known, ...(current ?? NO_CURRENT_TASKS), memberId }
    this.memberMap.set(memberId, member)
    this.hold(member, true)
    this.endpointEpoch++
  }

  private hold(member: StreamsMember, isHeld: boolean): void {
    for (const role of roles) {
      for (const tasks of [member.assigned[role], member.pendingRevocation[role]]) {
        for (const [subtopologyId, partition] of eachPartition(tasks)) {
          this.setHolder(role, subtopologyId, partition, member.memberId, isHeld)
        }
      }
    }
  }

  private setHolder(
    role: Role,
    subtopologyId: string,
    partition: number,
    memberId: string,
    isHeld: boolean,
  ): void {
    const bySubtopology = this.holders[role]
    const byPartition = bySubtopology.get(subtopologyId) ?? new Map<number, Set<string>>()
    const memberIds = byPartition.get(partition) ?? new Set<string>()
    if (isHeld) memberIds.add(memberId)
    else memberIds.delete(memberId)
    if (memberIds.size > 0) byPartition.set(partition, memberIds)
    else byPartition.delete(partition)
    if (byPartition.size > 0) bySubtopology.set(subtopologyId, byPartition)
    else bySubtopology.delete(subtopologyId)
  }
}

const NO_METADATA: StreamsMemberMetadata = {
  groupInstanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  rebalanceTimeoutMs: -1,
  topologyEpoch: 0,
  processId: '',
  userEndpoint: null,
  clientTags: [],
}
