/** OffsetCommit, and the offsets that go with their topic (OffsetFetch: offset-fetch.ts). */
import { ErrorCode } from '../../../wire/index.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../bodies.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { findInGeneration, isRecordable } from '../classic/validation.ts'
import type { Group } from '../group.ts'
import { offsetCommitRecord, offsetTombstone } from '../records.ts'
import type { Effects } from '../types.ts'
import type { CommittedOffset } from './group-offsets.ts'

type CommittedPartition = OffsetCommitRequest['topics'][number]['partitions'][number]

/** From this version on a generation of a group that does not exist gets a code of its own. */
const GROUP_ID_NOT_FOUND_VERSION = 9

/** A group that does not exist comes to be by a commit without a generation: then it only keeps offsets. */
export function offsetCommit(
  effects: Effects,
  group: ClassicGroup,
  token: unknown,
  request: OffsetCommitRequest,
): void {
  const groupError = checkCommit(effects, group, request)
  const { offsetMetadataMaxBytes } = effects.config
  const answer = (code: (partition: CommittedPartition) => number) => commitResponse(request, code)
  if (groupError !== ErrorCode.NONE) {
    effects.replies.push({ token, response: answer(() => groupError) })
    return
  }
  const isTooLarge = ({ committedMetadata }: CommittedPartition) =>
    committedMetadata !== null &&
    (committedMetadata.length > offsetMetadataMaxBytes || !isRecordable(committedMetadata))
  for (const { name, topicId, partitions } of request.topics) {
    for (const partition of partitions) {
      if (isTooLarge(partition)) continue
      const committed = committedOffset(partition, topicId, effects.nowMs, request.retentionTimeMs)
      group.offsets.set(name, partition.partitionIndex, committed)
      effects.records.push(offsetCommitRecord(group.groupId, name, partition.partitionIndex, committed))
    }
  }
  const response = answer((it) => (isTooLarge(it) ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE))
  effects.replies.push({ token, response })
}

export function commitResponse(
  request: OffsetCommitRequest,
  errorCode: (partition: CommittedPartition) => number,
): OffsetCommitResponse {
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: errorCode(partition),
    })),
  }))
  return { topics }
}

/**
 * Checks that only need to know whether the group exists. An empty group id is allowed, as it always was in
 * Kafka.
 */
export function commitRequestError(request: OffsetCommitRequest, version: number, isKnown: boolean): number {
  const names = request.topics.map(({ name }) => name)
  if (!isRecordable(request.groupId, ...names)) return ErrorCode.INVALID_REQUEST
  if (isKnown || request.generationIdOrMemberEpoch < 0) return ErrorCode.NONE
  return version >= GROUP_ID_NOT_FOUND_VERSION ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
}

export function removeTopic(effects: Effects, group: Group, topic: string): void {
  for (const partition of [...(group.offsets.topics().get(topic)?.keys() ?? [])]) {
    group.offsets.set(topic, partition, null)
    effects.records.push(offsetTombstone(group.groupId, topic, partition))
  }
}

function checkCommit(effects: Effects, group: ClassicGroup, request: OffsetCommitRequest): number {
  const { generationIdOrMemberEpoch: generationId, memberId, groupInstanceId } = request
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE
  const { errorCode, member } = findInGeneration(group, { memberId, groupInstanceId }, generationId)
  if (!member) return errorCode
  // Offsets of the generation before could no longer be told from this one's.
  if (group.state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS
  group.renewSession(member, effects.nowMs)
  return ErrorCode.NONE
}

function committedOffset(
  partition: CommittedPartition,
  topicId: string,
  nowMs: number,
  retentionTimeMs: number,
): CommittedOffset {
  return {
    offset: partition.committedOffset,
    leaderEpoch: Math.max(partition.committedLeaderEpoch, -1),
    metadata: partition.committedMetadata ?? '',
    commitTimestampMs: nowMs,
    expireTimestampMs: retentionTimeMs < 0 ? -1 : nowMs + retentionTimeMs,
    topicId,
  }
}
