/** Answers to requests of group members, parked ones included: who is answered is parked no longer. */
import { ErrorCode } from '../../../wire/index.ts'
import type { JoinGroupResponse, SyncGroupResponse } from '../bodies.ts'
import type { Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, metadataOf, NO_BYTES } from './member.ts'

/** The version that may say that there is no protocol by null; older ones say it by ''. */
const NULLABLE_PROTOCOL_VERSION = 7

export function joinError(errorCode: number, memberId: string, version: number): JoinGroupResponse {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: version >= NULLABLE_PROTOCOL_VERSION ? null : '',
    leader: '',
    memberId,
    members: [],
  }
}

/** The current generation, as a member gets to know it; `memberList` tells its leader what to assign to. */
export function joinSuccess(
  group: ClassicGroup,
  memberId: string,
  memberList: JoinGroupResponse['members'],
): JoinGroupResponse {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId,
    members: memberList,
  }
}

/** Every member with its metadata under the elected protocol. */
export function memberList(group: ClassicGroup): JoinGroupResponse['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }))
}

export function syncError(errorCode: number): SyncGroupResponse {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES }
}

export function syncSuccess(group: ClassicGroup, member: Member): SyncGroupResponse {
  return {
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  }
}

/** A member has one JoinGroup parked at most: a later one means that the client gave up on the earlier. */
export function parkJoin(
  effects: Pick<Effects, 'replies'>,
  group: ClassicGroup,
  member: Member,
  token: unknown,
  version: number,
): void {
  answerJoinWithError(effects, group, member, ErrorCode.REBALANCE_IN_PROGRESS)
  member.parkedJoin = { token, version }
  group.awaitingJoinCount++
}

export function answerJoin(
  effects: Pick<Effects, 'replies'>,
  group: ClassicGroup,
  member: Member,
  response: JoinGroupResponse,
): void {
  if (!member.parkedJoin) return
  effects.replies.push({ token: member.parkedJoin.token, response })
  member.parkedJoin = undefined
  group.awaitingJoinCount--
}

export function answerJoinWithError(
  effects: Pick<Effects, 'replies'>,
  group: ClassicGroup,
  member: Member,
  errorCode: number,
): void {
  if (!member.parkedJoin) return
  answerJoin(effects, group, member, joinError(errorCode, member.memberId, member.parkedJoin.version))
}

/** Everybody who waits learns that it is in vain. */
export function answerWaiting(
  effects: Pick<Effects, 'replies'>,
  group: ClassicGroup,
  errorCode: number,
): void {
  for (const member of group.members.values()) {
    answerJoinWithError(effects, group, member, errorCode)
    answerSync(effects, member, syncError(errorCode))
  }
}

export function parkSync(effects: Pick<Effects, 'replies'>, member: Member, token: unknown): void {
  answerSync(effects, member, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
  member.parkedSync = { token }
}

export function answerSync(
  effects: Pick<Effects, 'replies'>,
  member: Member,
  response: SyncGroupResponse,
): void {
  if (!member.parkedSync) return
  effects.replies.push({ token: member.parkedSync.token, response })
  member.parkedSync = undefined
}
