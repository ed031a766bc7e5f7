/**
 * SyncGroup: the leader brings the assignment of the new generation, everybody else waits for it. The group
 * is Stable with the leader's SyncGroup; its members hear of it once the record that keeps the assignment is
 * written.
 */
import { ErrorCode } from '../../../wire/index.ts'
import { assert } from '../assert.ts'
import type { SyncGroupRequest } from '../bodies.ts'
import { persistGroup } from '../records.ts'
import type { Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, NO_BYTES, ownBytes } from './member.ts'
import { answerSync, parkSync, syncError, syncSuccess } from './replies.ts'
import { findInGeneration } from './validation.ts'

export function syncGroup(
  effects: Effects,
  group: ClassicGroup | undefined,
  token: unknown,
  request: SyncGroupRequest,
): void {
  const { errorCode, member } = checkSync(group, request)
  if (!member || !group) {
    effects.replies.push({ token, response: syncError(errorCode) })
    return
  }
  parkSync(effects, member, token)
  group.dropPendingSync(member.memberId)
  if (group.state === 'Stable') answerAssignment(effects, group, member)
  else if (member.memberId === group.leaderId) assign(effects, group, request.assignments)
}

function checkSync(group: ClassicGroup | undefined, request: SyncGroupRequest) {
  const found = findInGeneration(group, request, request.generationId)
  if (!found.member || !group) return found
  assert(group.state !== 'Empty', `${group.groupId} is Empty and has members`)
  if (
    differs(request.protocolType, group.protocolType) ||
    differs(request.protocolName, group.protocolName)
  ) {
    return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL, member: undefined }
  }
  if (group.state === 'PreparingRebalance') {
    return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS, member: undefined }
  }
  return found
}

/** Versions before 5 do not say what they believe the protocol to be. */
function differs(believed: string | null, actual: string | null): boolean {
  return believed !== null && believed !== actual
}

/** Members that the leader forgot get an empty assignment. */
function assign(effects: Effects, group: ClassicGroup, assignments: SyncGroupRequest['assignments']): void {
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  group.transitionTo('Stable', effects.wallMs)
  for (const member of group.members.values()) {
    member.assignment = ownBytes(byMember.get(member.memberId) ?? NO_BYTES)
    if (member.parkedSync) answerAssignment(effects, group, member)
  }
  persistGroup(effects, group)
}

function answerAssignment(effects: Effects, group: ClassicGroup, member: Member): void {
  answerSync(effects, member, syncSuccess(group, member))
  group.renewSession(member, effects.nowMs)
}
