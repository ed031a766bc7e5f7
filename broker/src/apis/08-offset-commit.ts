/**
 * OffsetCommit (8): stores the positions of a consumer group.
 *
 * - 2 to 4 carry a retention time, 5 leaves that to the broker (KIP-211); 6: leader epoch (KIP-320)
 * - 7: static members (KIP-345); 8: flexible; 9: groups of the consumer protocol (KIP-848)
 * - 10: topic ids instead of names (KIP-848)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const OffsetCommitApi = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexible: 8,
  request: {
    groupId: t.string(),
    generationIdOrMemberEpoch: t.int32({ default: -1 }),
    memberId: t.string({ default: '' }),
    groupInstanceId: t.string({ since: 7, nullable: 7, default: null }),
    retentionTimeMs: t.int64({ until: 4, default: -1, ignorable: true }),
    topics: t.array({
      name: t.string({ until: 9, ignorable: true }),
      topicId: t.uuid({ since: 10, ignorable: true }),
      partitions: t.array({
        partitionIndex: t.int32(),
        committedOffset: t.int64(),
        committedLeaderEpoch: t.int32({ since: 6, default: -1, ignorable: true }),
        committedMetadata: t.string({ nullable: 0 }),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 3, ignorable: true }),
    topics: t.array({
      name: t.string({ until: 9, ignorable: true }),
      topicId: t.uuid({ since: 10, ignorable: true }),
      partitions: t.array({ partitionIndex: t.int32(), errorCode: t.int16() }),
    }),
  },
})

export type OffsetCommitRequest = Infer<typeof OffsetCommitApi.request>
export type OffsetCommitResponse = Infer<typeof OffsetCommitApi.response>

/**
 * Commits offsets of a group; partitions that do not exist are refused one by one, the others are committed.
 */
export async function handleOffsetCommit(context: RequestContext, request: OffsetCommitRequest) {
  const topics = request.topics.map((topic) => resolveTopic(context, topic))
  const known = topics
    .map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.filter((each) => each.errorCode === ErrorCode.NONE),
    }))
    .filter((topic) => topic.partitions.length > 0)
  const committed = known.length === 0 ? new Map() : await commit(context, { ...request, topics: known })
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex, errorCode }) => ({
        partitionIndex,
        errorCode: errorCode === ErrorCode.NONE ? committed.get(key(name, partitionIndex)) : errorCode,
      })),
    })),
  }
}

const TOPIC_IDS_SINCE = 10

const key = (topic: string, partitionIndex: number) => `${topic}/${partitionIndex}`

/** Error codes by topic and partition. */
type Results = Map<string, number>

async function commit(context: RequestContext, request: OffsetCommitRequest): Promise<Results> {
  const results: Results = new Map()
  try {
    const response = await context.broker.groups.run<OffsetCommitResponse>(
      request.groupId,
      (shard, token, now) => shard.offsetCommit(token, request, context.apiVersion, now),
    )
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions)
        results.set(key(name, partitionIndex), errorCode)
    }
  } catch (error) {
    const code = errorCodeOf(error)
    for (const { name, partitions } of request.topics) {
      for (const { partitionIndex } of partitions) results.set(key(name, partitionIndex), code)
    }
  }
  return results
}

function resolveTopic(context: RequestContext, wanted: OffsetCommitRequest['topics'][number]) {
  const { cluster } = context.broker
  const byId = context.apiVersion >= TOPIC_IDS_SINCE
  const topic = byId ? cluster.topicsById.get(wanted.topicId) : cluster.topics.get(wanted.name)
  const unknown =
    byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const partitions = wanted.partitions.map((partition) => ({
    ...partition,
    errorCode: topic?.partitions[partition.partitionIndex] === undefined ? unknown : ErrorCode.NONE,
  }))
  return { name: topic?.name ?? wanted.name, topicId: topic?.topicId ?? wanted.topicId, partitions }
}
