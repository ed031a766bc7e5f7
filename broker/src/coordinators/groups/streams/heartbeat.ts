/** StreamsGroupHeartbeat (KIP-1071): who is a member, what the topology is, and so which tasks run where. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import { assert } from '../assert.ts'
import type { StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse } from '../bodies.ts'
import { JOIN_EPOCH, LEFT_FOR_A_WHILE_EPOCH, memberState } from '../consumer/member.ts'
import { isSubset } from '../target/partitions.ts'
import type { Caller, Effects } from '../types.ts'
import { checkStreamsHeartbeat } from './check-heartbeat.ts'
import { partitionsByEndpoint } from './endpoints.ts'
import { fence, renewSession, setDeadline } from './leave.ts'
import {
  NO_TASKS,
  type Role,
  roles,
  type StreamsMember,
  type StreamsMemberMetadata,
  sameCurrentTasks,
  sameStreamsMetadata,
  sameTasks,
  type Tasks,
} from './member.ts'
import { reconcileTasks } from './reconcile.ts'
import { taskFields, toTasks } from './records.ts'
import { nextAssignmentMs, settle } from './settle.ts'
import { StreamsGroup } from './streams-group.ts'
import { type InternalTopic, type Status, statusCode } from './topology.ts'
import { removeMember, write } from './write.ts'

export interface StreamsHeartbeatResult {
  readonly response: StreamsGroupHeartbeatResponse
  /** Topics of the topology's own that do not exist yet. */
  readonly topicsToCreate: readonly InternalTopic[]
}

export function streamsGroupHeartbeat(
  effects: Effects,
  request: StreamsGroupHeartbeatRequest,
  caller: Caller,
): StreamsHeartbeatResult {
  try {
    return heartbeat(effects, request, caller)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const { code: errorCode, message: errorMessage } = error
    const response = { ...emptyResponse('', 0), errorCode, errorMessage }
    return { response, topicsToCreate: [] }
  }
}

/** Throws KafkaError, then without having changed anything. */
function heartbeat(
  effects: Effects,
  request: StreamsGroupHeartbeatRequest,
  caller: Caller,
): StreamsHeartbeatResult {
  checkStreamsHeartbeat(request, caller)
  if (request.memberEpoch < JOIN_EPOCH) return { response: leave(effects, request), topicsToCreate: [] }
  const group = findGroup(effects, request)
  const known = findSender(effects, group, request)
  checkTopologyChange(group, request)
  const { memberId } = request
  const owned = ownedBy(request)
  const before = known && known.memberId !== memberId ? replace(effects, group, known, memberId) : known
  if (!before && group.isEmpty) {
    group.initialDelayEndMs = effects.nowMs + effects.settingsOf(group.groupId).streamsInitialRebalanceDelayMs
  }
  const isTopologyNew = setTopology(effects, group, request)
  const metadata = metadataFrom(request, caller, before)
  const isMemberNew = !before || !sameStreamsMetadata(before, metadata)
  if (isMemberNew) write(effects, group, { kind: 'streamsMember', memberId, value: metadata })
  settle(effects, group, isMemberNew || isTopologyNew)
  if (request.shutdownApplication) group.shutdownRequestedBy = memberId
  const member = group.members.get(memberId)
  assert(member !== undefined, `${memberId} was not written into ${group.groupId}`)
  const moved = advance(effects, group, member, owned)
  renewSession(effects, group, memberId)
  const response = answer(effects, group, request, member, moved)
  return { response, topicsToCreate: group.configured?.topicsToCreate ?? [] }
}

function emptyResponse(memberId: string, memberEpoch: number): StreamsGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch,
    heartbeatIntervalMs: 0,
    // Of warm-up tasks, which no assignor gives yet, Kafka's neither: there is nothing that clients should tell of them.
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    status: [],
    endpointInformationEpoch: 0,
  }
}

function findGroup(effects: Effects, { groupId, memberEpoch }: StreamsGroupHeartbeatRequest): StreamsGroup {
  const known = effects.groups.get(groupId)
  if (known?.type === 'streams') return known
  const mayBeMade = memberEpoch === JOIN_EPOCH && (!known || (known.type === 'classic' && known.isEmpty))
  if (!mayBeMade) {
    const message = known ? `Group ${groupId} is not a streams group.` : `Streams group ${groupId} not found.`
    throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, message)
  }
  if (known?.isPersisted) effects.records.push(...known.tombstones())
  const group = new StreamsGroup(groupId, effects.groups.offsetsOf(groupId))
  effects.groups.put(group)
  return group
}

function findSender(
  effects: Effects,
  group: StreamsGroup,
  request: StreamsGroupHeartbeatRequest,
): StreamsMember | undefined {
  const { memberId, memberEpoch, instanceId } = request
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (memberEpoch === JOIN_EPOCH) {
    if (!member) checkRoom(effects, group)
    else if (member.memberId !== memberId && member.memberEpoch !== LEFT_FOR_A_WHILE_EPOCH) {
      throw new KafkaError(
        ErrorCode.UNRELEASED_INSTANCE_ID,
        `Instance id ${instanceId} is owned by ${member.memberId}.`,
      )
    }
    return member
  }
  if (!member) {
    throw new KafkaError(
      ErrorCode.UNKNOWN_MEMBER_ID,
      `Member ${memberId} is not a member of group ${group.groupId}.`,
    )
  }
  if (member.memberId !== memberId) throw new KafkaError(ErrorCode.FENCED_INSTANCE_ID)
  const isRepeated = memberEpoch === member.previousMemberEpoch && isWithin(ownedBy(request), member.assigned)
  if (memberEpoch === member.memberEpoch || (memberEpoch < member.memberEpoch && isRepeated)) return member
  const comparison = memberEpoch > member.memberEpoch ? 'greater' : 'smaller'
  const message = `The streams group member has a ${comparison} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`
  throw new KafkaError(ErrorCode.FENCED_MEMBER_EPOCH, message)
}

function isWithin(owned: Tasks | null, assigned: Tasks): boolean {
  return owned !== null && roles.every((role) => isSubset(owned[role], assigned[role]))
}

function checkRoom(effects: Effects, group: StreamsGroup): void {
  const { groupStreamsMaxSize } = effects.config
  if (group.members.size < groupStreamsMaxSize) return
  const message = `The streams group has reached its maximum capacity of ${groupStreamsMaxSize} members.`
  throw new KafkaError(ErrorCode.GROUP_MAX_SIZE_REACHED, message)
}

/** Members of one application agree on its topology; a new one has a higher epoch, or comes when nobody is there. */
function checkTopologyChange(group: StreamsGroup, { topology }: StreamsGroupHeartbeatRequest): void {
  if (!topology || !group.topology || group.isEmpty || topology.epoch !== group.topology.epoch) return
  if (sameTopology(topology, group.topology)) return
  const message = `The topology of epoch ${topology.epoch} is another one than that of the group.`
  throw new KafkaError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message)
}

function setTopology(
  effects: Effects,
  group: StreamsGroup,
  { topology }: StreamsGroupHeartbeatRequest,
): boolean {
  const isStale =
    group.topology !== undefined && !group.isEmpty && topology && topology.epoch <= group.topology.epoch
  if (!topology || isStale || (group.topology && sameTopology(topology, group.topology))) return false
  write(effects, group, { kind: 'streamsTopology', value: topology })
  return true
}

function sameTopology(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function ownedBy({ activeTasks, standbyTasks, warmupTasks }: StreamsGroupHeartbeatRequest): Tasks | null {
  return activeTasks && standbyTasks && warmupTasks && toTasks(activeTasks, standbyTasks, warmupTasks)
}

function metadataFrom(
  request: StreamsGroupHeartbeatRequest,
  { clientId, clientHost }: Caller,
  before: StreamsMember | undefined,
): StreamsMemberMetadata {
  const { rebalanceTimeoutMs } = request
  return {
    groupInstanceId: request.instanceId ?? before?.groupInstanceId ?? null,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId: clientId ?? '',
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    topologyEpoch: request.topology?.epoch ?? before?.topologyEpoch ?? 0,
    processId: request.processId ?? before?.processId ?? '',
    userEndpoint: request.userEndpoint ?? before?.userEndpoint ?? null,
    clientTags: request.clientTags ?? before?.clientTags ?? [],
  }
}

function replace(effects: Effects, group: StreamsGroup, old: StreamsMember, memberId: string): StreamsMember {
  const target = group.targetOf(old.memberId)
  removeMember(effects, group, old.memberId)
  write(effects, group, { kind: 'streamsMember', memberId, value: old })
  write(effects, group, { kind: 'streamsTarget', memberId, value: target })
  const value = { ...old, memberEpoch: JOIN_EPOCH, previousMemberEpoch: JOIN_EPOCH }
  write(effects, group, { kind: 'streamsCurrent', memberId, value })
  return { ...value, memberId }
}

function advance(
  effects: Effects,
  group: StreamsGroup,
  member: StreamsMember,
  owned: Tasks | null,
): StreamsMember {
  const { memberId, processId } = member
  const isOther = (id: string) => id !== memberId
  const isOfProcess = (id: string) => isOther(id) && group.members.get(id)?.processId === processId
  const current = reconcileTasks({
    current: member,
    target: group.targetOf(memberId),
    targetEpoch: group.assignmentEpoch,
    owned,
    isFree: (role: Role, subtopologyId, partition) => {
      const holders = (each: Role) => [...group.holdersOf(each, subtopologyId, partition)]
      if (role === 'active' && holders('active').some(isOther)) return false
      return !roles.some((each) => holders(each).some(isOfProcess))
    },
  })
  if (sameCurrentTasks(member, current)) return member
  write(effects, group, { kind: 'streamsCurrent', memberId, value: current })
  const moved = { ...member, ...current }
  if (moved.state === memberState.unrevoked) setDeadline(effects, group, moved)
  else group.revocationDeadlines.delete(memberId)
  return moved
}

function answer(
  effects: Effects,
  group: StreamsGroup,
  request: StreamsGroupHeartbeatRequest,
  before: StreamsMember,
  moved: StreamsMember,
): StreamsGroupHeartbeatResponse {
  const { memberId } = request
  const isNews = request.memberEpoch === JOIN_EPOCH || !sameTasks(before.assigned, moved.assigned)
  const hasNewEndpoints = request.endpointInformationEpoch !== group.endpointEpoch
  return {
    ...emptyResponse(memberId, moved.memberEpoch),
    heartbeatIntervalMs: effects.settingsOf(group.groupId).streamsHeartbeatIntervalMs,
    status: statusOf(effects, group, moved),
    ...(isNews ? taskFields(moved.assigned) : {}),
    endpointInformationEpoch: group.endpointEpoch,
    partitionsByUserEndpoint: hasNewEndpoints ? partitionsByEndpoint(group, effects.topics) : null,
  }
}

/** What the application should know, or do something about. */
function statusOf(effects: Effects, group: StreamsGroup, member: StreamsMember): Status[] {
  const status: Status[] = []
  const { topology, configured, shutdownRequestedBy } = group
  if (topology && member.topologyEpoch < topology.epoch) {
    const statusDetail = `The member's topology epoch ${member.topologyEpoch} is behind the group's topology epoch ${topology.epoch}.`
    status.push({ statusCode: statusCode.staleTopology, statusDetail })
  }
  if (configured?.problem) status.push(configured.problem)
  if (shutdownRequestedBy !== undefined) {
    const statusDetail = `Streams group member ${shutdownRequestedBy} encountered a fatal error and requested a shutdown for the entire application.`
    status.push({ statusCode: statusCode.shutdownApplication, statusDetail })
  }
  if (
    !configured?.problem &&
    group.assignmentEpoch < group.groupEpoch &&
    nextAssignmentMs(effects, group) > effects.nowMs
  ) {
    const statusDetail = 'The assignment is delayed: more members may be about to join.'
    status.push({ statusCode: statusCode.assignmentDelayed, statusDetail })
  }
  return status
}

function leave(effects: Effects, request: StreamsGroupHeartbeatRequest): StreamsGroupHeartbeatResponse {
  const { groupId, memberId, memberEpoch, instanceId } = request
  const group = effects.groups.get(groupId)
  if (group?.type !== 'streams') {
    throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Streams group ${groupId} not found.`)
  }
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member)
    throw new KafkaError(
      ErrorCode.UNKNOWN_MEMBER_ID,
      `Member ${memberId} is not a member of group ${groupId}.`,
    )
  if (member.memberId !== memberId) throw new KafkaError(ErrorCode.FENCED_INSTANCE_ID)
  if (memberEpoch === LEFT_FOR_A_WHILE_EPOCH) {
    group.revocationDeadlines.delete(memberId)
    const { assigned, activeSince, memberEpoch: previousMemberEpoch } = member
    const left = { memberEpoch, previousMemberEpoch, state: memberState.stable, assigned, activeSince }
    const value = { ...left, pendingRevocation: NO_TASKS }
    write(effects, group, { kind: 'streamsCurrent', memberId, value })
  } else {
    if (request.shutdownApplication) group.shutdownRequestedBy = memberId
    fence(effects, group, [memberId])
  }
  return emptyResponse(memberId, memberEpoch)
}
