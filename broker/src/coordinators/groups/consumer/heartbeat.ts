/**
 * ConsumerGroupHeartbeat (KIP-848): who is a member, what it wants to read, what it has, and so how far it and its
 * group get.
 */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../bodies.ts'
import { samePartitions, toEntries, toTopicPartitions } from '../target/partitions.ts'
import type { Caller, Effects } from '../types.ts'
import { checkHeartbeat } from './check-heartbeat.ts'
import { type ConsumerGroup, isAway } from './consumer-group.ts'
import { checkEpoch, findConsumerGroup, findMember, unknownMember } from './find.ts'
import { leaveGroup } from './leave.ts'
import {
  type ConsumerMember,
  JOIN_EPOCH,
  type MemberMetadata,
  sameMetadata,
  sameSubscription,
} from './member.ts'
import { advance, renewSession } from './progress.ts'
import { settle } from './settle.ts'
import { replaceStaticMember } from './static-members.ts'
import { write } from './write.ts'

export interface HeartbeatCall {
  readonly request: ConsumerGroupHeartbeatRequest
  readonly caller: Caller
  readonly newMemberId: () => string
}

/** Throws KafkaError, then without having changed anything. */
export function consumerGroupHeartbeat(
  effects: Effects,
  call: HeartbeatCall,
): ConsumerGroupHeartbeatResponse {
  const { request, caller, newMemberId } = call
  checkHeartbeat(request, caller, effects.config)
  if (request.memberEpoch < JOIN_EPOCH) return leaveGroup(effects, request)
  const group = findConsumerGroup(effects, request.groupId, request.memberEpoch === JOIN_EPOCH)
  const memberId = request.memberId === '' ? newMemberId() : request.memberId
  const known = findSender(effects, group, { ...request, memberId })
  const owned = request.topicPartitions && toTopicPartitions(request.topicPartitions)
  const before =
    known && known.memberId !== memberId ? replaceStaticMember(effects, group, known, memberId) : known
  const member = describeMember(effects, group, before, memberId, metadataFrom(request, caller, before))
  settle(effects, group, !before || !sameSubscription(before, member))
  const moved = advance(effects, group, member, owned)
  renewSession(effects, group, moved)
  const isFull =
    request.rebalanceTimeoutMs !== -1 &&
    (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
    owned !== null
  const isNews =
    isFull || request.memberEpoch === JOIN_EPOCH || !samePartitions(member.assigned, moved.assigned)
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch: moved.memberEpoch,
    heartbeatIntervalMs: effects.settingsOf(group.groupId).consumerHeartbeatIntervalMs,
    assignment: isNews ? { topicPartitions: toEntries(moved.assigned) } : null,
  }
}

export interface RefusedHeartbeat {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
}

export function answerOrError<Response>(answer: () => Response): Response | RefusedHeartbeat {
  try {
    return answer()
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const { code: errorCode, message: errorMessage } = error
    return { throttleTimeMs: 0, errorCode, errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
  }
}

/** Undefined for a new member; for a static one that comes back, the one in whose place it is put. */
function findSender(
  effects: Effects,
  group: ConsumerGroup,
  request: ConsumerGroupHeartbeatRequest,
): ConsumerMember | undefined {
  const { memberId, memberEpoch, instanceId } = request
  const isJoining = memberEpoch === JOIN_EPOCH
  if (instanceId !== null && isJoining) return findReturning(effects, group, instanceId, memberId)
  // One that joins under a known id lost its answers, or was fenced and begins anew: it owns nothing.
  const member = isJoining ? group.members.get(memberId) : findMember(group, memberId, instanceId)
  if (!member) {
    if (!isJoining) throw unknownMember(group.groupId, memberId)
    checkRoom(effects, group)
  } else if (!isJoining) {
    checkEpoch(member, memberEpoch, request.topicPartitions && toTopicPartitions(request.topicPartitions))
  }
  return member
}

function findReturning(
  effects: Effects,
  group: ConsumerGroup,
  instanceId: string,
  memberId: string,
): ConsumerMember | undefined {
  const member = group.staticMember(instanceId)
  if (!member) {
    checkRoom(effects, group)
    return undefined
  }
  if (member.memberId === memberId || isAway(member)) return member
  const message = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${member.memberId} member.`
  throw new KafkaError(ErrorCode.UNRELEASED_INSTANCE_ID, message)
}

function checkRoom(effects: Effects, group: ConsumerGroup): void {
  const { groupConsumerMaxSize } = effects.config
  if (group.members.size < groupConsumerMaxSize) return
  const message = `The consumer group has reached its maximum capacity of ${groupConsumerMaxSize} members.`
  throw new KafkaError(ErrorCode.GROUP_MAX_SIZE_REACHED, message)
}

/** A null says that nothing changed since the member said it last. */
function metadataFrom(
  request: ConsumerGroupHeartbeatRequest,
  { clientId, clientHost }: Caller,
  before: ConsumerMember | undefined,
): MemberMetadata {
  const { subscribedTopicNames: names, subscribedTopicRegex: regex, rebalanceTimeoutMs } = request
  return {
    groupInstanceId: request.instanceId ?? before?.groupInstanceId ?? null,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId: clientId ?? '',
    clientHost,
    subscribedTopicNames: names ? [...new Set(names)].sort() : (before?.subscribedTopicNames ?? []),
    subscribedTopicRegex:
      regex === null ? (before?.subscribedTopicRegex ?? null) : regex === '' ? null : regex,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? before?.serverAssignor ?? null,
    classic: null,
  }
}

export function describeMember(
  effects: Effects,
  group: ConsumerGroup,
  before: ConsumerMember | undefined,
  memberId: string,
  metadata: MemberMetadata,
): ConsumerMember {
  if (!before || !sameMetadata(before, metadata)) {
    write(effects, group, { kind: 'consumerMember', memberId, value: metadata })
  }
  const member = group.members.get(memberId)
  if (!member) throw new Error(`${memberId} was not written into ${group.groupId}`)
  return member
}
