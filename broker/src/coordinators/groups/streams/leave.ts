/** Members that leave by themselves, or whose time is over; and what a streams group does by itself. */
import { memberState } from '../consumer/member.ts'
import type { Effects } from '../types.ts'
import { settle } from './settle.ts'
import type { StreamsGroup } from './streams-group.ts'
import { removeMember } from './write.ts'

export function fence(effects: Effects, group: StreamsGroup, memberIds: Iterable<string>): void {
  for (const memberId of memberIds) removeMember(effects, group, memberId)
  settle(effects, group, true)
}

/** After loading nobody knows when members were last heard of: each gets its whole time. */
export function startStreamsTimers(effects: Effects, group: StreamsGroup): void {
  for (const { memberId, state, memberEpoch, rebalanceTimeoutMs } of group.members.values()) {
    renewSession(effects, group, memberId)
    if (state === memberState.unrevoked)
      setDeadline(effects, group, { memberId, memberEpoch, rebalanceTimeoutMs })
  }
  settle(effects, group, false)
}

/** Does what is due by now, and finds out when the group is due next. */
export function expireStreamsTimers(effects: Effects, group: StreamsGroup): void {
  const { nowMs } = effects
  const overdue = new Set<string>()
  for (const [memberId, deadlineMs] of group.sessionDeadlines) if (deadlineMs <= nowMs) overdue.add(memberId)
  for (const [memberId, { deadlineMs, memberEpoch }] of group.revocationDeadlines) {
    if (deadlineMs > nowMs) continue
    group.revocationDeadlines.delete(memberId)
    if (group.members.get(memberId)?.memberEpoch === memberEpoch) overdue.add(memberId)
  }
  group.dueMs = Infinity
  if (overdue.size > 0) fence(effects, group, overdue)
  else if (!group.isEmpty) settle(effects, group, false)
  for (const deadlineMs of group.sessionDeadlines.values()) group.wakeAt(deadlineMs)
  for (const { deadlineMs } of group.revocationDeadlines.values()) group.wakeAt(deadlineMs)
}

export function renewSession(effects: Effects, group: StreamsGroup, memberId: string): void {
  const deadlineMs = effects.nowMs + effects.settingsOf(group.groupId).streamsSessionTimeoutMs
  group.sessionDeadlines.set(memberId, deadlineMs)
  group.wakeAt(deadlineMs)
}

export function setDeadline(
  effects: Effects,
  group: StreamsGroup,
  member: { memberId: string; memberEpoch: number; rebalanceTimeoutMs: number },
): void {
  const deadlineMs = effects.nowMs + member.rebalanceTimeoutMs
  group.revocationDeadlines.set(member.memberId, { deadlineMs, memberEpoch: member.memberEpoch })
  group.wakeAt(deadlineMs)
}
