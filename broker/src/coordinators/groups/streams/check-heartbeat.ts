/** What a StreamsGroupHeartbeat must look like, whatever the group: violations are thrown as KafkaError. */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import type { StreamsGroupHeartbeatRequest } from '../bodies.ts'
import { isRecordable } from '../classic/validation.ts'
import { LEFT_FOR_A_WHILE_EPOCH } from '../consumer/member.ts'
import type { Caller } from '../types.ts'
import type { Topology } from './topology.ts'

export function checkStreamsHeartbeat(request: StreamsGroupHeartbeatRequest, caller: Caller): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, processId } = request
  refuseIf(memberId === '', "MemberId can't be empty.")
  refuseIf(groupId === '', "GroupId can't be empty.")
  refuseIf(instanceId === '', "InstanceId can't be empty.")
  refuseIf(rackId === '', "RackId can't be empty.")
  const texts = [groupId, memberId, instanceId, rackId, processId, caller.clientId, caller.clientHost]
  refuseIf(!isRecordable(...texts), 'A name is too long.')
  if (memberEpoch === 0) checkJoin(request)
  refuseIf(memberEpoch === LEFT_FOR_A_WHILE_EPOCH && instanceId === null, "InstanceId can't be null.")
  refuseIf(
    memberEpoch < LEFT_FOR_A_WHILE_EPOCH,
    `MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`,
  )
  const tasks = [request.activeTasks, request.standbyTasks, request.warmupTasks]
  const hasSome = tasks.some((each) => each !== null)
  refuseIf(
    hasSome && tasks.some((each) => each === null),
    'If one task-type is non-null, all must be non-null.',
  )
  if (request.topology) checkTopology(request.topology)
}

function checkJoin(request: StreamsGroupHeartbeatRequest): void {
  refuseIf(request.rebalanceTimeoutMs === -1, 'RebalanceTimeoutMs must be provided in first request.')
  for (const [name, tasks] of [
    ['ActiveTasks', request.activeTasks],
    ['StandbyTasks', request.standbyTasks],
    ['WarmupTasks', request.warmupTasks],
  ] as const) {
    refuseIf(tasks?.length !== 0, `${name} must be empty when (re-)joining.`)
  }
  refuseIf(request.topology === null, 'Topology must be non-null when (re-)joining.')
  refuseIf(!request.processId, 'ProcessId must be non-null when (re-)joining.')
}

function checkTopology({ subtopologies }: Topology): void {
  const ids = new Set(subtopologies.map(({ subtopologyId }) => subtopologyId))
  if (ids.size < subtopologies.length) throw invalid('Subtopology ids must be unique.')
  for (const { subtopologyId, ...each } of subtopologies) {
    if (each.sourceTopicRegex.length > 0) {
      throw invalid('Regular expressions for source topics are not supported.')
    }
    const names = [...each.sourceTopics, ...each.repartitionSinkTopics]
    for (const { name } of [...each.repartitionSourceTopics, ...each.stateChangelogTopics]) names.push(name)
    if (!isRecordable(subtopologyId, ...names)) throw invalid('A name is too long.')
    for (const group of each.copartitionGroups) {
      const isIn = (count: number) => (index: number) => index >= 0 && index < count
      const isKnown =
        group.sourceTopics.every(isIn(each.sourceTopics.length)) &&
        group.repartitionSourceTopics.every(isIn(each.repartitionSourceTopics.length))
      if (!isKnown)
        throw invalid(`A copartition group of subtopology ${subtopologyId} names a topic that it has not.`)
    }
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message)
}

function refuseIf(isWrong: boolean, message: string): void {
  if (isWrong) throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
