/** Who may commit into a group, and who may read what it committed, whatever the group's protocol. */
import { ErrorCode } from '../../../wire/index.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { findInGeneration } from '../classic/validation.ts'
import type { ConsumerGroup } from '../consumer/consumer-group.ts'
import type { ConsumerMember } from '../consumer/member.ts'
import { renewSession } from '../consumer/progress.ts'
import type { Group } from '../group.ts'
import type { StreamsGroup } from '../streams/streams-group.ts'
import type { Effects } from '../types.ts'

/** From here on a member epoch may stand where a generation stood (KIP-848). */
export const MEMBER_EPOCH_VERSION = 9

export interface Committer {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationIdOrMemberEpoch: number
}

/** An error for everything that is committed, or one by partition. */
export type CommitCheck = (topicId: string, partition: number) => number

const allow: CommitCheck = () => ErrorCode.NONE

export function checkCommitter(
  effects: Effects,
  group: Group,
  committer: Committer,
  version: number,
): CommitCheck {
  switch (group.type) {
    case 'classic':
      return checkInClassicGroup(effects, group, committer)
    case 'consumer':
      return checkInConsumerGroup(effects, group, committer, version)
    case 'share':
      // What a share group has consumed is kept at the share coordinator.
      return () => ErrorCode.GROUP_ID_NOT_FOUND
    case 'streams':
      return checkInStreamsGroup(group, committer)
  }
}

function checkInClassicGroup(effects: Effects, group: ClassicGroup, committer: Committer): CommitCheck {
  const { generationIdOrMemberEpoch: generationId } = committer
  if (generationId < 0 && group.isEmpty) return allow
  const { errorCode, member } = findInGeneration(group, committer, generationId)
  if (!member) return () => errorCode
  // Offsets of the generation before could no longer be told from this one's.
  if (group.state === 'CompletingRebalance') return () => ErrorCode.REBALANCE_IN_PROGRESS
  group.renewSession(member, effects.nowMs)
  return allow
}

function checkInConsumerGroup(
  effects: Effects,
  group: ConsumerGroup,
  committer: Committer,
  version: number,
): CommitCheck {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: received } = committer
  if (received < 0 && group.isEmpty) return allow
  const member = group.members.get(memberId)
  if (!member) return () => ErrorCode.UNKNOWN_MEMBER_ID
  if (groupInstanceId !== null && member.groupInstanceId !== groupInstanceId) {
    return () => ErrorCode.FENCED_INSTANCE_ID
  }
  if (!member.classic && version < MEMBER_EPOCH_VERSION) return () => ErrorCode.UNSUPPORTED_VERSION
  const staleError = member.classic ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH
  if (member.classic) renewSession(effects, group, member)
  if (received === member.memberEpoch) return allow
  if (received > member.memberEpoch || received < 0) return () => staleError
  return (topicId, partition) => (hadThen(member, topicId, partition, received) ? ErrorCode.NONE : staleError)
}

function checkInStreamsGroup(group: StreamsGroup, committer: Committer): CommitCheck {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: received } = committer
  if (received < 0 && group.isEmpty) return allow
  const member = group.members.get(memberId)
  if (!member) return () => ErrorCode.UNKNOWN_MEMBER_ID
  if (groupInstanceId !== null && member.groupInstanceId !== groupInstanceId) {
    return () => ErrorCode.FENCED_INSTANCE_ID
  }
  return received === member.memberEpoch ? allow : () => ErrorCode.STALE_MEMBER_EPOCH
}

/** Whoever has a partition since an earlier epoch may still commit for it as of that epoch (KIP-1251). */
function hadThen(member: ConsumerMember, topicId: string, partition: number, epoch: number): boolean {
  const { assigned, pendingRevocation } = member
  const since = assigned.get(topicId)?.get(partition) ?? pendingRevocation.get(topicId)?.get(partition)
  return since !== undefined && since <= epoch
}

/** Older versions and administrators do not say who they are. */
export function checkReader(group: Group | undefined, memberId: string | null, memberEpoch: number): number {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE
  if (!group || group.type === 'classic') return ErrorCode.NONE
  const member = group.members.get(memberId ?? '')
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  return member.memberEpoch === memberEpoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH
}
