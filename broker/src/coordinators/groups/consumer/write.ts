import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, type CurrentAssignment, sameCurrentAssignment } from './member.ts'
import { type ConsumerEntry, consumerRecord } from './records.ts'

/** Changes a group by what its log will say. */
export function write(effects: Pick<Effects, 'records'>, group: ConsumerGroup, entry: ConsumerEntry): void {
  group.apply(entry)
  effects.records.push(consumerRecord(group.groupId, entry))
}

export function removeMember(effects: Effects, group: ConsumerGroup, memberId: string): void {
  write(effects, group, { kind: 'consumerCurrent', memberId, value: null })
  write(effects, group, { kind: 'consumerTarget', memberId, value: null })
  write(effects, group, { kind: 'consumerMember', memberId, value: null })
}

/** Returns the member as it is then. */
export function moveMember(
  effects: Effects,
  group: ConsumerGroup,
  member: ConsumerMember,
  current: CurrentAssignment,
): ConsumerMember {
  if (sameCurrentAssignment(member, current)) return member
  write(effects, group, { kind: 'consumerCurrent', memberId: member.memberId, value: current })
  return { ...member, ...current }
}
