/** Members that leave by themselves, or whose time is over. */
import { ErrorCode } from '../../../wire/index.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../bodies.ts'
import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { findConsumerGroup, findMember } from './find.ts'
import { LEFT_FOR_A_WHILE_EPOCH, memberState } from './member.ts'
import { downgradeIfClassic } from './migration/downgrade.ts'
import { settle } from './settle.ts'
import { moveMember, removeMember } from './write.ts'

export function leaveGroup(
  effects: Effects,
  request: ConsumerGroupHeartbeatRequest,
): ConsumerGroupHeartbeatResponse {
  const { groupId, memberId, memberEpoch, instanceId } = request
  const group = findConsumerGroup(effects, groupId, false)
  const member = findMember(group, memberId, instanceId)
  if (memberEpoch === LEFT_FOR_A_WHILE_EPOCH) {
    // What it had stays its own until it is back or its session is over.
    group.memberDeadlines.delete(memberId)
    const { assigned, memberEpoch: previousMemberEpoch } = member
    const state = memberState.stable
    const current = { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation: new Map() }
    moveMember(effects, group, member, current)
  } else {
    fence(effects, group, [memberId])
  }
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0 }
}

/** Takes members out of their group. If only classic ones are left, the group becomes a classic one. */
export function fence(effects: Effects, group: ConsumerGroup, memberIds: readonly string[]): void {
  if (memberIds.length === 0) return
  for (const memberId of memberIds) removeMember(effects, group, memberId)
  if (!downgradeIfClassic(effects, group)) settle(effects, group, true)
}
