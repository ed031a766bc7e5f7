/** OffsetCommit, and the offsets that go with their topic (OffsetFetch: offset-fetch.ts). */
import { ErrorCode } from '../../../wire/index.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../bodies.ts'
import { isRecordable } from '../classic/validation.ts'
import type { Group } from '../group.ts'
import { offsetCommitRecord, offsetTombstone } from '../records.ts'
import type { Effects } from '../types.ts'
import { type CommitCheck, checkCommitter, MEMBER_EPOCH_VERSION } from './commit-checks.ts'
import type { CommittedOffset } from './group-offsets.ts'

type CommittedTopic = OffsetCommitRequest['topics'][number]
type CommittedPartition = CommittedTopic['partitions'][number]

/** A group that does not exist comes to be by a commit without a generation: then it only keeps offsets. */
export function offsetCommit(
  effects: Effects,
  group: Group,
  token: unknown,
  request: OffsetCommitRequest,
  version: number,
): void {
  const check = checkCommitter(effects, group, request, version)
  const response = commitOffsets(effects, group, { request, check }, (topic, partition, committed) => {
    group.offsets.set(topic, partition, committed)
  })
  effects.replies.push({ token, response })
}

interface Commit {
  readonly request: OffsetCommitRequest
  readonly check: CommitCheck
}

/** Writes the offsets down that `check` lets through; `keep` notes each of them. */
export function commitOffsets(
  effects: Effects,
  group: Group,
  { request, check }: Commit,
  keep: (topic: string, partition: number, committed: CommittedOffset) => void,
): OffsetCommitResponse {
  const { offsetMetadataMaxBytes } = effects.config
  const isTooLarge = ({ committedMetadata }: CommittedPartition) =>
    committedMetadata !== null &&
    (committedMetadata.length > offsetMetadataMaxBytes || !isRecordable(committedMetadata))
  return commitResponse(request, (partition, { name, topicId }) => {
    const errorCode = check(topicId, partition.partitionIndex)
    if (errorCode !== ErrorCode.NONE) return errorCode
    if (isTooLarge(partition)) return ErrorCode.OFFSET_METADATA_TOO_LARGE
    const committed = committedOffset(partition, topicId, effects.wallMs, request.retentionTimeMs)
    keep(name, partition.partitionIndex, committed)
    effects.records.push(offsetCommitRecord(group.groupId, name, partition.partitionIndex, committed))
    return ErrorCode.NONE
  })
}

export function commitResponse(
  request: OffsetCommitRequest,
  errorCode: (partition: CommittedPartition, topic: CommittedTopic) => number,
): OffsetCommitResponse {
  const topics = request.topics.map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: errorCode(partition, topic),
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
  return version >= MEMBER_EPOCH_VERSION ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
}

export function removeTopic(effects: Effects, group: Group, topic: string): void {
  for (const partition of [...(group.offsets.topics().get(topic)?.keys() ?? [])]) {
    group.offsets.set(topic, partition, null)
    effects.records.push(offsetTombstone(group.groupId, topic, partition))
  }
}

function committedOffset(
  partition: CommittedPartition,
  topicId: string,
  wallMs: number,
  retentionTimeMs: number,
): CommittedOffset {
  return {
    offset: partition.committedOffset,
    leaderEpoch: Math.max(partition.committedLeaderEpoch, -1),
    metadata: partition.committedMetadata ?? '',
    commitTimestampMs: wallMs,
    expireTimestampMs: retentionTimeMs < 0 ? -1 : wallMs + retentionTimeMs,
    topicId,
  }
}
