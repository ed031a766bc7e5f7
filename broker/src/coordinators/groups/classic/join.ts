/**
 * JoinGroup: a member enters a group, or says that it is ready for the next generation. KIP-394 (a dynamic
 * member gets its id first), KIP-345 (static members), KIP-559 (protocol type in the response), KIP-814
 * (skipAssignment).
 */
import { ErrorCode } from '../../../wire/index.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../bodies.ts'
import { persistGroup } from '../records.ts'
import type { Caller, Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, NO_BYTES, ownProtocols, sameProtocols } from './member.ts'
import { rebalance, removeMember, settleRemoval } from './rebalance.ts'
import {
  answerJoinWithError,
  answerSync,
  joinError,
  joinSuccess,
  memberList,
  parkJoin,
  syncError,
} from './replies.ts'
import { findMember, isRecordable } from './validation.ts'

const REQUIRE_MEMBER_ID_VERSION = 4
const SKIP_ASSIGNMENT_VERSION = 9
/** A new member cannot send heartbeats while its join is parked: after this it is taken for gone. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1_000
/** Ids given out and not used yet, per group: anybody can ask for them without end. */
const MAX_PENDING_MEMBERS = 10_000

export interface Join {
  readonly token: unknown
  readonly request: JoinGroupRequest
  readonly caller: Caller
  /** Makes the part of a new member id that nobody else has. */
  readonly newMemberUuid: () => string
}

export function joinGroup(effects: Effects, group: ClassicGroup, join: Join): void {
  const { memberId, protocolType, protocols } = join.request
  if (!hasRoomFor(effects, group, join.request)) refuseForSize(effects, group, join)
  else if (!group.supports(protocolType, protocols)) refuseProtocols(effects, join)
  else if (memberId === '') joinWithoutId(effects, group, join)
  else if (group.pendingMembers.has(memberId)) joinPending(effects, group, join)
  else joinKnown(effects, group, join)
}

/** Checks that only need to know whether the group exists. */
export function joinRequestError(effects: Effects, { request, caller }: Join, isKnown: boolean): number {
  const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = effects.config
  const { groupId, sessionTimeoutMs, groupInstanceId, protocolType, protocols } = request
  if (groupId === '') return ErrorCode.INVALID_GROUP_ID
  const names = protocols.map(({ name }) => name)
  if (!isRecordable(groupId, groupInstanceId, protocolType, caller.clientId, caller.clientHost, ...names)) {
    return ErrorCode.INVALID_REQUEST
  }
  const isAllowed =
    sessionTimeoutMs >= groupMinSessionTimeoutMs && sessionTimeoutMs <= groupMaxSessionTimeoutMs
  if (!isAllowed) return ErrorCode.INVALID_SESSION_TIMEOUT
  return isKnown || request.memberId === '' ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
}

export function refuse(
  effects: Effects,
  join: Join,
  errorCode: number,
  memberId: string = join.request.memberId,
): void {
  answer(effects, join, joinError(errorCode, memberId, join.caller.version))
}

function joinWithoutId(effects: Effects, group: ClassicGroup, join: Join): void {
  const { request, caller, newMemberUuid } = join
  const memberId = `${request.groupInstanceId ?? caller.clientId ?? ''}-${newMemberUuid()}`
  if (request.groupInstanceId !== null) {
    const old = group.members.get(group.staticMembers.get(request.groupInstanceId) ?? '')
    if (old) rejoinStatic(effects, group, join, old, memberId)
    else addMember(effects, group, join, memberId)
  } else if (caller.version < REQUIRE_MEMBER_ID_VERSION) {
    addMember(effects, group, join, memberId)
  } else if (group.pendingMembers.size >= MAX_PENDING_MEMBERS) {
    refuse(effects, join, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  } else {
    const deadlineMs = effects.nowMs + request.sessionTimeoutMs
    group.pendingMembers.set(memberId, deadlineMs)
    group.wakeAt(deadlineMs)
    refuse(effects, join, ErrorCode.MEMBER_ID_REQUIRED, memberId)
  }
}

/** The second request of a dynamic member, with the id that the first one brought. */
function joinPending(effects: Effects, group: ClassicGroup, join: Join): void {
  const { memberId, groupInstanceId } = join.request
  if (groupInstanceId !== null) refuse(effects, join, ErrorCode.UNKNOWN_MEMBER_ID)
  else addMember(effects, group, join, memberId)
}

function joinKnown(effects: Effects, group: ClassicGroup, join: Join): void {
  const { token, request, caller } = join
  const { errorCode, member } = findMember(group, request)
  if (!member) {
    refuse(effects, join, errorCode)
  } else if (asksForRebalance(group, member, request)) {
    describeMember(group, join, member)
    parkJoin(effects, group, member, token, caller.version)
    rebalance(effects, group)
  } else {
    const isLeader = member.memberId === group.leaderId
    answer(effects, join, joinSuccess(group, member.memberId, isLeader ? memberList(group) : []))
  }
}

/** Else the answer to its first JoinGroup got lost, and it only wants to know the current generation. */
function asksForRebalance(group: ClassicGroup, member: Member, request: JoinGroupRequest): boolean {
  if (group.state === 'PreparingRebalance') return true
  // A leader of a stable group saw something change that its metadata does not show.
  if (group.state === 'Stable' && member.memberId === group.leaderId) return true
  return !sameProtocols(member.protocols, ownProtocols(request.protocols))
}

function addMember(effects: Effects, group: ClassicGroup, join: Join, memberId: string): void {
  const { token, request, caller } = join
  const member: Member = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: caller.clientId ?? '',
    clientHost: caller.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutMs(request),
    protocols: ownProtocols(request.protocols),
    assignment: NO_BYTES,
    isNew: true,
    sessionDeadlineMs: effects.nowMs + NEW_MEMBER_JOIN_TIMEOUT_MS,
    parkedJoin: { token, version: caller.version },
    parkedSync: undefined,
  }
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
  group.add(member, request.protocolType)
  group.wakeAt(member.sessionDeadlineMs)
  rebalance(effects, group)
}

function describeMember(group: ClassicGroup, join: Join, member: Member): void {
  const { request, caller } = join
  group.setProtocols(member, ownProtocols(request.protocols))
  member.sessionTimeoutMs = request.sessionTimeoutMs
  member.rebalanceTimeoutMs = rebalanceTimeoutMs(request)
  member.clientId = caller.clientId ?? ''
  member.clientHost = caller.clientHost
}

/**
 * A static member came back without its id: it gets a new one, and whoever still uses the old one is fenced.
 */
function rejoinStatic(
  effects: Effects,
  group: ClassicGroup,
  join: Join,
  old: Member,
  memberId: string,
): void {
  const { token, caller } = join
  const oldLeaderId = group.leaderId ?? ''
  answerJoinWithError(effects, group, old, ErrorCode.FENCED_INSTANCE_ID)
  answerSync(effects, old, syncError(ErrorCode.FENCED_INSTANCE_ID))
  const member = group.replace(old, memberId)
  describeMember(group, join, member)
  group.renewSession(member, effects.nowMs)
  if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
    group.refreshSubscribedTopics()
    persistGroup(effects, group)
    answer(effects, join, staticRejoinResponse(group, member, caller.version, oldLeaderId))
    return
  }
  parkJoin(effects, group, member, token, caller.version)
  rebalance(effects, group)
}

/**
 * The generation goes on. A leader must not assign anew: from v9 on it is told so, before that it is told the
 * old leader's id, so that it takes itself for a follower.
 */
function staticRejoinResponse(
  group: ClassicGroup,
  member: Member,
  version: number,
  oldLeaderId: string,
): JoinGroupResponse {
  const isLeader = member.memberId === group.leaderId
  if (version < SKIP_ASSIGNMENT_VERSION) {
    return { ...joinSuccess(group, member.memberId, []), leader: oldLeaderId }
  }
  return {
    ...joinSuccess(group, member.memberId, isLeader ? memberList(group) : []),
    skipAssignment: isLeader,
  }
}

/** A member that is in stays in; while a group joins, the first to come take the places. */
function hasRoomFor(effects: Effects, group: ClassicGroup, request: JoinGroupRequest): boolean {
  if (group.state === 'Empty') return true
  const staticId =
    request.groupInstanceId === null ? undefined : group.staticMembers.get(request.groupInstanceId)
  const known = group.members.get(request.memberId === '' ? (staticId ?? '') : request.memberId)
  const { groupMaxSize } = effects.config
  if (group.state !== 'PreparingRebalance') return known !== undefined || group.members.size < groupMaxSize
  return known?.parkedJoin !== undefined || group.awaitingJoinCount < groupMaxSize
}

function refuseForSize(effects: Effects, group: ClassicGroup, join: Join): void {
  refuse(effects, join, ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  const { member } = findMember(group, join.request)
  const sizeBefore = group.members.size
  if (member) removeMember(effects, group, member)
  group.pendingMembers.delete(join.request.memberId)
  settleRemoval(effects, group, sizeBefore)
}

function refuseProtocols(effects: Effects, join: Join): void {
  refuse(effects, join, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
}

/** v0 has no rebalance timeout: the session timeout serves for both. */
function rebalanceTimeoutMs(request: JoinGroupRequest): number {
  return request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
}

function answer(effects: Effects, join: Join, response: JoinGroupResponse): void {
  effects.replies.push({ token: join.token, response })
}
