/** Groups and members as requests name them: what is not there, or not theirs, is thrown as KafkaError. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import { isSubset, type Partitions } from '../target/partitions.ts'
import type { Effects } from '../types.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { upgrade } from './migration/upgrade.ts'

/** A joining member makes the group, or upgrades a classic one. */
export function findConsumerGroup(effects: Effects, groupId: string, isJoining: boolean): ConsumerGroup {
  const known = effects.groups.get(groupId)
  if (known?.type === 'consumer') return known
  if (!known && isJoining) {
    const group = new ConsumerGroup(groupId, effects.groups.offsetsOf(groupId))
    effects.groups.put(group)
    return group
  }
  if (!known) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Consumer group ${groupId} not found.`)
  const upgraded = isJoining && known.type === 'classic' ? upgrade(effects, known) : undefined
  if (upgraded) return upgraded
  throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group.`)
}

export function findMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ConsumerMember {
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member) throw unknownMember(group.groupId, instanceId ?? memberId)
  if (member.memberId === memberId) return member
  const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`
  throw new KafkaError(ErrorCode.FENCED_INSTANCE_ID, message)
}

export function unknownMember(groupId: string, name: string): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${name} is not a member of group ${groupId}.`)
}

/** The epoch before is good if the answer with the new one may have got lost. */
export function checkEpoch(member: ConsumerMember, received: number, owned: Partitions | null): void {
  const { memberEpoch, previousMemberEpoch, assigned } = member
  if (received === memberEpoch) return
  const isRepeated =
    received < memberEpoch && received === previousMemberEpoch && owned !== null && isSubset(owned, assigned)
  if (isRepeated) return
  const comparison = received > memberEpoch ? 'greater' : 'smaller'
  const message = `The consumer group member has a ${comparison} member epoch (${received}) than the one known by the group coordinator (${memberEpoch}). The member must abandon all its partitions and rejoin.`
  throw new KafkaError(ErrorCode.FENCED_MEMBER_EPOCH, message)
}
