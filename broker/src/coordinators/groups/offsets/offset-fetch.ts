/** OffsetFetch: what a group has committed. */
import { ErrorCode, ZERO_UUID } from '../../../wire/index.ts'
import type { OffsetFetchRequestGroup, OffsetFetchResponseGroup } from '../bodies.ts'
import type { Group } from '../group.ts'
import { checkReader } from './commit-checks.ts'
import type { CommittedOffset, GroupOffsets } from './group-offsets.ts'

const { UNSTABLE_OFFSET_COMMIT } = ErrorCode

type FetchedTopic = OffsetFetchResponseGroup['topics'][number]
type FetchedPartition = FetchedTopic['partitions'][number]
type GroupQuery = OffsetFetchRequestGroup

/** Of one group; a partition without a committed offset answers -1. */
export function fetchOffsets(
  group: Group | undefined,
  { groupId, topics, memberId, memberEpoch }: GroupQuery,
  requireStable = false,
): OffsetFetchResponseGroup {
  const errorCode = checkReader(group, memberId, memberEpoch)
  if (errorCode !== ErrorCode.NONE) return { groupId, topics: [], errorCode }
  const offsets = group?.offsets
  const all = topics ? topics.map((topic) => fetchTopic(offsets, topic)) : fetchAll(offsets)
  const fetched = requireStable && offsets ? all.map((topic) => withoutUnstable(offsets, topic)) : all
  return { groupId, topics: fetched, errorCode: ErrorCode.NONE }
}

/** What an open transaction is about to change is not told: the client asks again (KIP-447). */
function withoutUnstable(offsets: GroupOffsets, { name = '', ...topic }: FetchedTopic): FetchedTopic {
  const partitions = topic.partitions.map((partition) =>
    offsets.pending.has(name, partition.partitionIndex)
      ? { ...fetchedPartition(partition.partitionIndex, undefined), errorCode: UNSTABLE_OFFSET_COMMIT }
      : partition,
  )
  return { name, ...topic, partitions }
}

function fetchTopic(
  offsets: GroupOffsets | undefined,
  topic: NonNullable<GroupQuery['topics']>[number],
): FetchedTopic {
  const { name, topicId, partitionIndexes } = topic
  const partitions = partitionIndexes.map((index) => fetchedPartition(index, offsets?.get(name, index)))
  return { name, topicId, partitions }
}

function fetchAll(offsets: GroupOffsets | undefined): FetchedTopic[] {
  return [...(offsets?.topics() ?? [])].map(([name, partitions]) => ({
    name,
    topicId: partitions.values().next().value?.topicId ?? ZERO_UUID,
    partitions: [...partitions].map(([index, committed]) => fetchedPartition(index, committed)),
  }))
}

function fetchedPartition(partitionIndex: number, committed: CommittedOffset | undefined): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCode.NONE,
  }
}
