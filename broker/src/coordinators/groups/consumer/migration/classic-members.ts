/**
 * Members of the classic protocol in a consumer group: their generation is their member epoch, their assignment is
 * made by the group, and whenever there is news for them they are called to join again.
 */
import { ErrorCode, KafkaError } from '../../../../wire/index.ts'
import type {
  HeartbeatRequest,
  HeartbeatResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from '../../bodies.ts'
import { BATCH_VERSION } from '../../classic/leave.ts'
import { syncError } from '../../classic/replies.ts'
import type { Effects } from '../../types.ts'
import type { ConsumerGroup } from '../consumer-group.ts'
import { findMember, unknownMember } from '../find.ts'
import { fence } from '../leave.ts'
import { type ConsumerMember, memberState } from '../member.ts'
import { renewSession, setDeadline, waitsForOthers } from '../progress.ts'
import { byTopicName } from './classic-metadata.ts'
import { writeAssignment } from './embedded-protocol.ts'

type ClassicMember = ConsumerMember & { readonly classic: NonNullable<ConsumerMember['classic']> }

export function heartbeatInConsumerGroup(
  effects: Effects,
  group: ConsumerGroup,
  request: HeartbeatRequest,
): HeartbeatResponse {
  try {
    const member = findClassicMember(group, request)
    renewSession(effects, group, member)
    const hasNews =
      member.memberEpoch < group.groupEpoch ||
      member.state === memberState.unrevoked ||
      (member.state === memberState.unreleased && !waitsForOthers(group, member))
    if (hasNews) callToJoin(effects, group, member)
    return { errorCode: hasNews ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE }
  } catch (error) {
    return { errorCode: codeOf(error) }
  }
}

export function syncInConsumerGroup(
  effects: Effects,
  group: ConsumerGroup,
  request: SyncGroupRequest,
): SyncGroupResponse {
  try {
    const member = findClassicMember(group, request)
    const [protocol] = member.classic.supportedProtocols
    const { protocolType, protocolName } = request
    const differs =
      (protocolType !== null && protocolType !== group.protocolType) ||
      (protocolName !== null && protocolName !== protocol?.name)
    if (differs || !protocol) return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    // One that revokes has joined already; it is called again when it is through.
    if (group.groupEpoch > member.memberEpoch && member.state !== memberState.unrevoked) {
      callToJoin(effects, group, member)
      return syncError(ErrorCode.REBALANCE_IN_PROGRESS)
    }
    if (group.memberDeadlines.get(member.memberId)?.reason === 'sync')
      group.memberDeadlines.delete(member.memberId)
    renewSession(effects, group, member)
    const assignment = writeAssignment(protocol.metadata, byTopicName(effects.topics, member.assigned))
    return {
      errorCode: ErrorCode.NONE,
      protocolType: group.protocolType,
      protocolName: protocol.name,
      assignment,
    }
  } catch (error) {
    return syncError(codeOf(error))
  }
}

export function leaveConsumerGroup(
  effects: Effects,
  group: ConsumerGroup,
  request: LeaveGroupRequest,
  version: number,
): LeaveGroupResponse {
  const isBatch = version >= BATCH_VERSION
  const members = isBatch ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
  const leaving = new Set<string>()
  const results = members.map(({ memberId, groupInstanceId }) => {
    const found = findLeaving(group, memberId, groupInstanceId)
    if (typeof found !== 'number') leaving.add(found.memberId)
    return { memberId, groupInstanceId, errorCode: typeof found === 'number' ? found : ErrorCode.NONE }
  })
  fence(effects, group, [...leaving])
  if (!isBatch) return { errorCode: results[0]?.errorCode ?? ErrorCode.NONE, members: [] }
  return { errorCode: ErrorCode.NONE, members: results }
}

/** Administrators know instance ids only, and remove members of either protocol by them. */
function findLeaving(
  group: ConsumerGroup,
  memberId: string,
  groupInstanceId: string | null,
): ConsumerMember | number {
  try {
    if (memberId === '' && groupInstanceId !== null) {
      return group.staticMember(groupInstanceId) ?? ErrorCode.UNKNOWN_MEMBER_ID
    }
    const member = findMember(group, memberId, groupInstanceId)
    return member.classic ? member : ErrorCode.UNKNOWN_MEMBER_ID
  } catch (error) {
    return codeOf(error)
  }
}

function findClassicMember(
  group: ConsumerGroup,
  request: { memberId: string; groupInstanceId: string | null; generationId: number },
): ClassicMember {
  const member = findMember(group, request.memberId, request.groupInstanceId)
  const { classic } = member
  if (!classic) throw unknownMember(group.groupId, request.memberId)
  if (request.generationId !== member.memberEpoch) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
  return { ...member, classic }
}

function callToJoin(effects: Effects, group: ConsumerGroup, member: ConsumerMember): void {
  const known = group.memberDeadlines.get(member.memberId)
  if (known?.reason !== 'join' || known.memberEpoch !== member.memberEpoch) {
    setDeadline(effects, group, member, 'join')
  }
}

export function codeOf(error: unknown): number {
  if (error instanceof KafkaError) return error.code
  throw error
}
