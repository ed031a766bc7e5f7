/** Heartbeats, and what happens for lack of them: sessions, rebalances and given-out ids that time out. */
import { ErrorCode } from '../../../wire/index.ts'
import type { HeartbeatRequest } from '../bodies.ts'
import type { Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Member } from './member.ts'
import { joinTimerExpired, removeMember, settleRemoval, syncTimerExpired } from './rebalance.ts'
import { findInGeneration } from './validation.ts'

export function heartbeat(
  effects: Effects,
  group: ClassicGroup | undefined,
  token: unknown,
  request: HeartbeatRequest,
): void {
  const { errorCode, member } = findInGeneration(group, request, request.generationId)
  if (!member || !group) {
    effects.replies.push({ token, response: { errorCode } })
    return
  }
  group.renewSession(member, effects.nowMs)
  const isJoining = group.state === 'PreparingRebalance'
  const answer = isJoining ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  effects.replies.push({ token, response: { errorCode: answer } })
}

/** Does what is due in a group by now, and finds out when it is due next. */
export function expireTimers(effects: Effects, group: ClassicGroup): void {
  const { nowMs } = effects
  expireMembers(effects, group)
  if (group.joinTimer && group.joinTimer.deadlineMs <= nowMs) joinTimerExpired(effects, group)
  if (group.syncDeadlineMs <= nowMs) syncTimerExpired(effects, group)
  group.dueMs = nextDueMs(group)
}

/** After loading nobody knows when the members were last heard of: each gets a whole session. */
export function startSessions(group: ClassicGroup, nowMs: number): void {
  for (const member of group.members.values()) group.renewSession(member, nowMs)
}

/** All that are due go together: they cause one rebalance, not one each. */
function expireMembers(effects: Effects, group: ClassicGroup): void {
  const { nowMs } = effects
  const sizeBefore = group.members.size
  for (const [memberId, deadlineMs] of group.pendingMembers) {
    if (deadlineMs <= nowMs) group.pendingMembers.delete(memberId)
  }
  for (const member of [...group.members.values()]) {
    if (member.sessionDeadlineMs > nowMs) continue
    // The session of one that waits goes on when its request is answered.
    if (isWaiting(member)) member.sessionDeadlineMs = Infinity
    else removeMember(effects, group, member)
  }
  settleRemoval(effects, group, sizeBefore)
}

/**
 * Whoever waits for the others cannot send heartbeats. New members may only wait for so long: they may be
 * gone.
 */
function isWaiting(member: Member): boolean {
  if (member.isNew) return false
  return member.parkedJoin !== undefined || member.parkedSync !== undefined
}

function nextDueMs(group: ClassicGroup): number {
  let dueMs = Math.min(group.joinTimer?.deadlineMs ?? Infinity, group.syncDeadlineMs)
  for (const deadlineMs of group.pendingMembers.values()) dueMs = Math.min(dueMs, deadlineMs)
  for (const member of group.members.values()) dueMs = Math.min(dueMs, member.sessionDeadlineMs)
  return dueMs
}
