/** What happens to a group for lack of heartbeats, and what it does by itself. */
import { assert } from '../assert.ts'
import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { fence } from './leave.ts'
import { memberState } from './member.ts'
import { renewSession, setDeadline } from './progress.ts'
import { settle } from './settle.ts'

/** After loading nobody knows when members were last heard of: each gets its whole time. */
export function startTimers(effects: Effects, group: ConsumerGroup): void {
  for (const member of group.members.values()) {
    renewSession(effects, group, member)
    if (member.state === memberState.unrevoked) setDeadline(effects, group, member, 'revoke')
  }
  settle(effects, group, false)
}

/** Does what is due by now, and finds out when the group is due next. */
export function expireConsumerTimers(effects: Effects, group: ConsumerGroup): void {
  const { nowMs } = effects
  const overdue = new Set<string>()
  for (const [memberId, deadlineMs] of group.sessionDeadlines) if (deadlineMs <= nowMs) overdue.add(memberId)
  for (const [memberId, { deadlineMs, memberEpoch }] of group.memberDeadlines) {
    if (deadlineMs > nowMs) continue
    group.memberDeadlines.delete(memberId)
    const member = group.members.get(memberId)
    assert(member !== undefined, `${memberId} has a deadline and is not in ${group.groupId}`)
    if (member.memberEpoch === memberEpoch) overdue.add(memberId)
  }
  group.dueMs = Infinity
  if (overdue.size > 0) fence(effects, group, [...overdue])
  else if (!group.isEmpty) settle(effects, group, false)
  for (const deadlineMs of group.sessionDeadlines.values()) group.wakeAt(deadlineMs)
  for (const { deadlineMs } of group.memberDeadlines.values()) group.wakeAt(deadlineMs)
}
