/**
 * LeaveGroup: members say goodbye, or an administrator removes them by instance id (v3 and later, KIP-345).
 */
import { ErrorCode } from '../../../wire/index.ts'
import type { LeaveGroupRequest } from '../bodies.ts'
import type { Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import { removeMember, settleRemoval } from './rebalance.ts'
import { findMember, type MemberIdentity } from './validation.ts'

/** From here on one request names several members. */
export const BATCH_VERSION = 3

export function leaveGroup(
  effects: Effects,
  group: ClassicGroup | undefined,
  token: unknown,
  request: LeaveGroupRequest,
  version: number,
): void {
  const sizeBefore = group?.members.size ?? 0
  const isBatch = version >= BATCH_VERSION
  const leaving = isBatch ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
  const members = leaving.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode:
      group === undefined
        ? ErrorCode.UNKNOWN_MEMBER_ID
        : removeOne(effects, group, { memberId, groupInstanceId }),
  }))
  const single = members[0]?.errorCode ?? ErrorCode.NONE
  const response = isBatch ? { errorCode: ErrorCode.NONE, members } : { errorCode: single, members: [] }
  effects.replies.push({ token, response })
  if (group !== undefined) settleRemoval(effects, group, sizeBefore)
}

function removeOne(effects: Effects, group: ClassicGroup, identity: MemberIdentity): number {
  const { memberId, groupInstanceId } = identity
  if (group.pendingMembers.delete(memberId)) return ErrorCode.NONE
  const current = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId)
  // Administrators know instance ids only.
  const found = findMember(
    group,
    memberId === '' && current ? { memberId: current, groupInstanceId } : identity,
  )
  if (found.member) removeMember(effects, group, found.member)
  return found.errorCode
}
