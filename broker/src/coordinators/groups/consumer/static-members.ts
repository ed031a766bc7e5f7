import { assert } from '../assert.ts'
import type { Effects } from '../types.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, JOIN_EPOCH } from './member.ts'
import { moveMember, removeMember, write } from './write.ts'

/** The same instance under a new member id gets what the old one had: nobody else has to change anything (KIP-345). */
export function replaceStaticMember(
  effects: Effects,
  group: ConsumerGroup,
  old: ConsumerMember,
  memberId: string,
): ConsumerMember {
  const target = group.targetOf(old.memberId)
  removeMember(effects, group, old.memberId)
  write(effects, group, { kind: 'consumerMember', memberId, value: old })
  write(effects, group, { kind: 'consumerTarget', memberId, value: target })
  const member = group.members.get(memberId)
  assert(member !== undefined, `${memberId} was not written into ${group.groupId}`)
  const current = { ...old, memberEpoch: JOIN_EPOCH, previousMemberEpoch: JOIN_EPOCH }
  return moveMember(effects, group, member, current)
}
