/** ShareGroupHeartbeat (KIP-932): who is a member, and what it is to fetch. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import type { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from '../bodies.ts'
import { answerOrError } from '../consumer/heartbeat.ts'
import { samePartitions, toEntries } from '../target/partitions.ts'
import type { Caller, Effects } from '../types.ts'
import { moveToTarget, removeMembers, renewSession, settle, write } from './settle.ts'
import { ShareGroup, type ShareMember } from './share-group.ts'

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1

/** `mustTell`: the answer tells the assignment even if it is not new, because the member has not heard of it yet. */
export function shareGroupHeartbeat(
  effects: Effects,
  request: ShareGroupHeartbeatRequest,
  caller: Caller,
  mustTell = false,
): ShareGroupHeartbeatResponse {
  return answerOrError(() => heartbeat(effects, request, caller, mustTell))
}

/** Throws KafkaError, then without having changed anything. */
function heartbeat(
  effects: Effects,
  request: ShareGroupHeartbeatRequest,
  caller: Caller,
  mustTell: boolean,
): ShareGroupHeartbeatResponse {
  checkRequest(request)
  const { groupId, memberId, memberEpoch } = request
  const group = findShareGroup(effects, groupId, memberEpoch === JOIN_EPOCH)
  if (memberEpoch === LEAVE_EPOCH) return leave(effects, group, memberId)
  const known = findSender(effects, group, request)
  const member = describeMember(effects, group, known, request, caller)
  const isSubscribedAnew = known === undefined || !sameTopics(known, member)
  settle(effects, group, isSubscribedAnew)
  const moved = moveToTarget(effects, group, group.members.get(memberId) ?? member)
  renewSession(effects, group, memberId)
  const isNews =
    memberEpoch === JOIN_EPOCH || known === undefined || !samePartitions(known.assigned, moved.assigned)
  // A full request comes from a member that perhaps did not hear of its assignment.
  const isFull = request.subscribedTopicNames !== null
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch: moved.memberEpoch,
    heartbeatIntervalMs: effects.settingsOf(groupId).shareHeartbeatIntervalMs,
    assignment: isNews || isFull || mustTell ? { topicPartitions: toEntries(moved.assigned) } : null,
  }
}

export function findShareGroup(
  effects: Pick<Effects, 'groups'>,
  groupId: string,
  isMade = false,
): ShareGroup {
  const known = effects.groups.get(groupId)
  if (known?.type === 'share') return known
  // What is left of an empty group of another kind gives way.
  if (isMade && (known === undefined || (known.type === 'classic' && known.isSpent))) {
    const group = new ShareGroup(groupId, effects.groups.offsetsOf(groupId))
    effects.groups.put(group)
    return group
  }
  const message = known ? `Group ${groupId} is not a share group.` : `Group ${groupId} not found.`
  throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, message)
}

function checkRequest({
  groupId,
  memberId,
  memberEpoch,
  rackId,
  subscribedTopicNames,
}: ShareGroupHeartbeatRequest): void {
  if (groupId.trim() === '') throw invalid("GroupId can't be empty.")
  if (memberId.trim() === '') throw invalid("MemberId can't be empty.")
  if (memberEpoch < LEAVE_EPOCH)
    throw invalid(`MemberEpoch is ${memberEpoch}, but must be greater than or equal to -1.`)
  if (rackId !== null && rackId.trim() === '') throw invalid("RackId can't be empty.")
  if (memberEpoch === JOIN_EPOCH && (subscribedTopicNames === null || subscribedTopicNames.length === 0))
    throw invalid('SubscribedTopicNames must be set in first request.')
}

function leave(effects: Effects, group: ShareGroup, memberId: string): ShareGroupHeartbeatResponse {
  if (!group.members.has(memberId)) throw unknownMember(group, memberId)
  removeMembers(effects, group, [memberId])
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch: LEAVE_EPOCH,
    heartbeatIntervalMs: 0,
  }
}

/** Undefined for a new member. */
function findSender(
  effects: Effects,
  group: ShareGroup,
  { memberId, memberEpoch }: ShareGroupHeartbeatRequest,
): ShareMember | undefined {
  const member = group.members.get(memberId)
  if (member === undefined) {
    if (memberEpoch !== JOIN_EPOCH) throw unknownMember(group, memberId)
    const { groupShareMaxSize } = effects.config
    if (group.members.size < groupShareMaxSize) return undefined
    const message = `The share group has reached its maximum capacity of ${groupShareMaxSize} members.`
    throw new KafkaError(ErrorCode.GROUP_MAX_SIZE_REACHED, message)
  }
  // The epoch before is good too: the answer with the new one may have got lost.
  const isKnown = [JOIN_EPOCH, member.memberEpoch, member.previousMemberEpoch].includes(memberEpoch)
  if (isKnown) return member
  const comparison = memberEpoch > member.memberEpoch ? 'greater' : 'smaller'
  const message = `The share group member has a ${comparison} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`
  throw new KafkaError(ErrorCode.FENCED_MEMBER_EPOCH, message)
}

/** A null says that nothing changed since the member said it last. */
function describeMember(
  effects: Effects,
  group: ShareGroup,
  known: ShareMember | undefined,
  request: ShareGroupHeartbeatRequest,
  { clientId, clientHost }: Caller,
): ShareMember {
  const { memberId } = request
  const value = {
    rackId: request.rackId ?? known?.rackId ?? null,
    clientId: clientId ?? '',
    clientHost,
    subscribedTopicNames: request.subscribedTopicNames ?? known?.subscribedTopicNames ?? [],
  }
  const isSame =
    known !== undefined &&
    known.rackId === value.rackId &&
    known.clientId === value.clientId &&
    known.clientHost === value.clientHost &&
    sameTopics(known, value)
  if (!isSame) write(effects, group, { kind: 'shareMember', memberId, value })
  const member = group.members.get(memberId)
  if (member === undefined) throw new Error(`${memberId} was described and is not there`)
  return member
}

type Subscribed = Pick<ShareMember, 'subscribedTopicNames'>

function sameTopics(one: Subscribed, other: Subscribed): boolean {
  const names = new Set(one.subscribedTopicNames)
  return (
    names.size === new Set(other.subscribedTopicNames).size &&
    other.subscribedTopicNames.every((name) => names.has(name))
  )
}

function unknownMember({ groupId }: ShareGroup, memberId: string): KafkaError {
  return new KafkaError(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `Member ${memberId} is not a member of group ${groupId}.`,
  )
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
