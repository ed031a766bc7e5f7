/** A member takes its next step towards its target, and is given time for it. */

import type { Partitions } from '../target/partitions.ts'
import { reconcile } from '../target/reconcile.ts'
import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, memberState } from './member.ts'
import { moveMember } from './write.ts'

/** `owned`: what the member says that it has; null if it does not say. */
export function advance(
  effects: Effects,
  group: ConsumerGroup,
  member: ConsumerMember,
  owned: Partitions | null,
): ConsumerMember {
  const { memberId } = member
  const names = group.topicsOf(member)
  const current = reconcile({
    current: member,
    target: group.targetOf(memberId),
    targetEpoch: group.assignmentEpoch,
    owned,
    isFree: (topicId, partition) => (group.ownerOf(topicId, partition) ?? memberId) === memberId,
    isSubscribed: (topicId) => names.has(effects.topics.byId(topicId)?.name ?? ''),
  })
  const moved = moveMember(effects, group, member, current)
  if (moved.state !== memberState.unrevoked) {
    if (group.memberDeadlines.get(memberId)?.reason === 'revoke') group.memberDeadlines.delete(memberId)
  } else if (moved !== member) {
    setDeadline(effects, group, moved, 'revoke')
  }
  return moved
}

/** Whether a member waits for others to give back what it is to get. */
export function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(member.memberId)) {
    for (const partition of partitions) {
      if (member.assigned.get(topicId)?.has(partition)) continue
      if ((group.ownerOf(topicId, partition) ?? member.memberId) !== member.memberId) return true
    }
  }
  return false
}

export function setDeadline(
  effects: Effects,
  group: ConsumerGroup,
  { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember,
  reason: 'revoke' | 'join' | 'sync',
): void {
  const deadlineMs = effects.nowMs + rebalanceTimeoutMs
  group.memberDeadlines.set(memberId, { deadlineMs, reason, memberEpoch })
  group.wakeAt(deadlineMs)
}

export function renewSession(effects: Effects, group: ConsumerGroup, member: ConsumerMember): void {
  const { consumerSessionTimeoutMs } = effects.settingsOf(group.groupId)
  const deadlineMs = effects.nowMs + (member.classic?.sessionTimeoutMs ?? consumerSessionTimeoutMs)
  group.sessionDeadlines.set(member.memberId, deadlineMs)
  group.wakeAt(deadlineMs)
}
