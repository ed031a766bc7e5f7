/** What a ConsumerGroupHeartbeat must look like, whatever the group: violations are thrown as KafkaError. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import type { ConsumerGroupHeartbeatRequest } from '../bodies.ts'
import { isRecordable } from '../classic/validation.ts'
import type { GroupConfig } from '../config.ts'
import type { Caller } from '../types.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'
import { regexProblem } from './regexes.ts'

/** From here on clients make their member ids themselves (KIP-1082). */
const CLIENT_MEMBER_ID_VERSION = 1

export function checkHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  { version, clientId, clientHost }: Caller,
  config: GroupConfig,
): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, serverAssignor } = request
  const mayLackId = version < CLIENT_MEMBER_ID_VERSION && memberEpoch === JOIN_EPOCH
  refuseIf(memberId === '' && !mayLackId, "MemberId can't be empty.")
  refuseIf(groupId === '', "GroupId can't be empty.")
  refuseIf(instanceId === '', "InstanceId can't be empty.")
  refuseIf(rackId === '', "RackId can't be empty.")
  const texts = [groupId, memberId, instanceId, rackId, serverAssignor, clientId, clientHost]
  refuseIf(!isRecordable(...texts, ...(request.subscribedTopicNames ?? [])), 'A name is too long.')
  if (memberEpoch === JOIN_EPOCH) checkJoin(request)
  refuseIf(memberEpoch === LEFT_FOR_A_WHILE_EPOCH && instanceId === null, "InstanceId can't be null.")
  refuseIf(memberEpoch < LEFT_FOR_A_WHILE_EPOCH, 'MemberEpoch is invalid.')
  if (memberEpoch > LEAVE_EPOCH) checkChoices(request, config)
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  refuseIf(rebalanceTimeoutMs === -1, 'RebalanceTimeoutMs must be provided in first request.')
  refuseIf(topicPartitions?.length !== 0, 'TopicPartitions must be empty when (re-)joining.')
  refuseIf(
    subscribedTopicNames === null && subscribedTopicRegex === null,
    'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
  )
}

function checkChoices(request: ConsumerGroupHeartbeatRequest, config: GroupConfig): void {
  const { serverAssignor, subscribedTopicRegex } = request
  const { groupConsumerAssignors } = config
  if (serverAssignor !== null && !groupConsumerAssignors.includes(serverAssignor)) {
    const supported = groupConsumerAssignors.join(', ')
    const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${supported}.`
    throw new KafkaError(ErrorCode.UNSUPPORTED_ASSIGNOR, message)
  }
  if (!subscribedTopicRegex) return
  refuseIf(!isRecordable(subscribedTopicRegex), 'SubscribedTopicRegex is too long.')
  const problem = regexProblem(subscribedTopicRegex)
  if (problem === undefined) return
  const message = `SubscribedTopicRegex \`${subscribedTopicRegex}\` is not a valid regular expression: ${problem}.`
  throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, message)
}

function refuseIf(isWrong: boolean, message: string): void {
  if (isWrong) throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
