/**
 * A member of the consumer protocol joins a classic group: the group becomes a consumer group, and its members,
 * which go on with the classic protocol, keep what they have (group.consumer.migration.policy).
 */

import { ErrorCode } from '../../../../wire/index.ts'
import type { ClassicGroup } from '../../classic/classic-group.ts'
import type { Member } from '../../classic/member.ts'
import { answerWaiting } from '../../classic/replies.ts'
import type { Effects } from '../../types.ts'
import { ConsumerGroup } from '../consumer-group.ts'
import { type CurrentAssignment, memberState } from '../member.ts'
import { renewSession } from '../progress.ts'
import { write } from '../write.ts'
import { byTopicId, classicMetadata, subscriptionIn } from './classic-metadata.ts'
import { readAssignment } from './embedded-protocol.ts'

/** Undefined if the group has to stay what it is. */
export function upgrade(effects: Effects, classic: ClassicGroup): ConsumerGroup | undefined {
  if (!classic.isEmpty && !mayUpgrade(effects, classic)) return undefined
  const group = new ConsumerGroup(classic.groupId, classic.offsets)
  if (classic.isPersisted) effects.records.push(...classic.tombstones())
  const epoch = classic.generationId
  write(effects, group, { kind: 'consumerGroup', value: { epoch, metadataHash: 0 } })
  answerWaiting(effects, classic, ErrorCode.REBALANCE_IN_PROGRESS)
  for (const member of classic.members.values()) {
    moveOver(effects, group, member, epoch)
  }
  const value = { assignmentEpoch: epoch, assignmentTimestampMs: 0 }
  write(effects, group, { kind: 'consumerTargetEpoch', value })
  effects.groups.put(group)
  return group
}

function mayUpgrade(effects: Effects, classic: ClassicGroup): boolean {
  const { groupConsumerMigrationPolicy: policy, groupConsumerMaxSize } = effects.config
  if (policy !== 'upgrade' && policy !== 'bidirectional') return false
  if (!classic.usesConsumerProtocol || classic.members.size >= groupConsumerMaxSize) return false
  return [...classic.members.values()].every(isUnderstood)
}

/** What an assignor of the clients' own keeps in an assignment would be lost. */
function isUnderstood(member: Member): boolean {
  const assignment = member.assignment.length === 0 ? undefined : readAssignment(member.assignment)
  if (assignment === null || (assignment?.userData?.length ?? 0) > 0) return false
  return subscriptionIn(member.protocols) !== null
}

function moveOver(effects: Effects, group: ConsumerGroup, member: Member, epoch: number): void {
  const { memberId, protocols } = member
  const subscription = subscriptionIn(protocols)
  if (!subscription) throw new Error(`${memberId} of ${group.groupId} has no subscription`)
  const assignment = readAssignment(member.assignment)
  const target = byTopicId(effects.topics, assignment?.assignedPartitions ?? [])
  const assigned = new Map(
    [...target].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions].map((partition) => [partition, epoch])),
    ]),
  )
  const current: CurrentAssignment = {
    memberEpoch: epoch,
    previousMemberEpoch: epoch,
    state: memberState.stable,
    assigned,
    pendingRevocation: new Map(),
  }
  const metadata = classicMetadata(member, protocols, subscription)
  write(effects, group, { kind: 'consumerMember', memberId, value: metadata })
  write(effects, group, { kind: 'consumerTarget', memberId, value: target })
  write(effects, group, { kind: 'consumerCurrent', memberId, value: current })
  const added = group.members.get(memberId)
  if (added) renewSession(effects, group, added)
}
