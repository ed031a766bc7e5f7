/** OffsetFetch: what a group has committed. */
import { ErrorCode, ZERO_UUID } from '../../wire/index.ts'
import type { OffsetFetchRequestGroup, OffsetFetchResponseGroup } from './bodies.ts'
import type { ClassicGroup, CommittedOffset } from './classic-group.ts'

type FetchedTopic = OffsetFetchResponseGroup['topics'][number]
type FetchedPartition = FetchedTopic['partitions'][number]
type GroupQuery = Pick<OffsetFetchRequestGroup, 'groupId' | 'topics'>

/** Of one group; a partition without a committed offset answers -1. */
export function fetchOffsets(
  group: ClassicGroup | undefined,
  { groupId, topics }: GroupQuery,
): OffsetFetchResponseGroup {
  const fetched = topics ? topics.map((topic) => fetchTopic(group, topic)) : fetchAll(group)
  return { groupId, topics: fetched, errorCode: ErrorCode.NONE }
}

function fetchTopic(
  group: ClassicGroup | undefined,
  topic: NonNullable<GroupQuery['topics']>[number],
): FetchedTopic {
  const { name, topicId, partitionIndexes } = topic
  const offsets = group?.offsets.get(name)
  const partitions = partitionIndexes.map((index) => fetchedPartition(index, offsets?.get(index)))
  return { name, topicId, partitions }
}

function fetchAll(group: ClassicGroup | undefined): FetchedTopic[] {
  return [...(group?.offsets ?? [])].map(([name, offsets]) => ({
    name,
    topicId: offsets.values().next().value?.topicId ?? ZERO_UUID,
    partitions: [...offsets].map(([index, committed]) => fetchedPartition(index, committed)),
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
