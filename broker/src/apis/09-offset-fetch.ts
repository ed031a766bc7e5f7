/**
 * OffsetFetch (9): reads the positions that a consumer group has stored.
 *
 * - 1: from `__consumer_offsets`; 2: null topics mean all, top-level error (KIP-88); 5: leader epoch (KIP-320)
 * - 6: flexible; 7: requireStable (KIP-447); 8: several groups in one request (KIP-709)
 * - 9: groups of the consumer protocol (KIP-848); 10: topic ids instead of names (KIP-848)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t, ZERO_UUID } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const OffsetFetchApi = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexible: 6,
  request: {
    groupId: t.string({ until: 7 }),
    topics: t.array({ name: t.string(), partitionIndexes: t.array(t.int32()) }, { until: 7, nullable: 2 }),
    groups: t.array(
      {
        groupId: t.string(),
        memberId: t.string({ since: 9, nullable: 9, default: null, ignorable: true }),
        memberEpoch: t.int32({ since: 9, default: -1, ignorable: true }),
        topics: t.array(
          {
            name: t.string({ until: 9, ignorable: true }),
            topicId: t.uuid({ since: 10, ignorable: true }),
            partitionIndexes: t.array(t.int32()),
          },
          { nullable: 8 },
        ),
      },
      { since: 8 },
    ),
    requireStable: t.bool({ since: 7 }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 3, ignorable: true }),
    topics: t.array(
      {
        name: t.string(),
        partitions: t.array({
          partitionIndex: t.int32(),
          committedOffset: t.int64(),
          committedLeaderEpoch: t.int32({ since: 5, default: -1, ignorable: true }),
          metadata: t.string({ nullable: 0 }),
          errorCode: t.int16(),
        }),
      },
      { until: 7 },
    ),
    errorCode: t.int16({ since: 2, until: 7, ignorable: true }),
    groups: t.array(
      {
        groupId: t.string(),
        topics: t.array({
          name: t.string({ until: 9, ignorable: true }),
          topicId: t.uuid({ since: 10, ignorable: true }),
          partitions: t.array({
            partitionIndex: t.int32(),
            committedOffset: t.int64(),
            committedLeaderEpoch: t.int32({ default: -1 }),
            metadata: t.string({ nullable: 8 }),
            errorCode: t.int16(),
          }),
        }),
        errorCode: t.int16({ default: 0 }),
      },
      { since: 8 },
    ),
  },
})

export type OffsetFetchRequest = Infer<typeof OffsetFetchApi.request>
export type OffsetFetchResponse = Infer<typeof OffsetFetchApi.response>

/** Reads the committed offsets of one group (up to version 7) or of several. */
export async function handleOffsetFetch(context: RequestContext, request: OffsetFetchRequest) {
  if (context.apiVersion >= MANY_GROUPS_SINCE) {
    const { requireStable } = request
    const groups = await Promise.all(request.groups.map((group) => fetchGroup(context, group, requireStable)))
    return { throttleTimeMs: 0, groups }
  }
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  const group = await fetchGroup(
    context,
    {
      groupId: request.groupId,
      memberId: null,
      memberEpoch: -1,
      topics,
    },
    request.requireStable,
  )
  return {
    throttleTimeMs: 0,
    errorCode: group.errorCode,
    topics: group.topics.map(({ name, partitions }) => ({ name, partitions })),
  }
}

const MANY_GROUPS_SINCE = 8
const TOPIC_IDS_SINCE = 10

type WantedGroup = OffsetFetchRequest['groups'][number]
type WantedTopic = NonNullable<WantedGroup['topics']>[number]
const NOT_COMMITTED = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }

async function fetchGroup(context: RequestContext, group: WantedGroup, requireStable: boolean) {
  const { groupId, memberId, memberEpoch } = group
  const [known, unknown] = resolveTopics(context, group.topics)
  try {
    const fetched = await context.broker.groups.read(groupId, (shard) =>
      shard.fetchOffsets({ groupId, memberId, memberEpoch, topics: known }, requireStable),
    )
    const topics = fetched.topics.map(({ name = '', partitions }) => ({
      name,
      topicId: context.broker.cluster.topics.get(name)?.topicId ?? ZERO_UUID,
      partitions: partitions.map((each) => ({ ...each })),
    }))
    return {
      groupId,
      topics: [...topics, ...unknown.map(refuseTopic)],
      errorCode: fetched.errorCode ?? ErrorCode.NONE,
    }
  } catch (error) {
    return failedGroup(context, group, errorCodeOf(error))
  }
}

/**
 * Names for ids; ids that no topic has are kept apart. Null stands for every topic that the group committed.
 */
function resolveTopics(
  context: RequestContext,
  topics: WantedGroup['topics'],
): [WantedTopic[] | null, WantedTopic[]] {
  if (topics === null || context.apiVersion < TOPIC_IDS_SINCE) return [topics, []]
  const nameOf = (topic: WantedTopic) => context.broker.cluster.topicsById.get(topic.topicId)?.name
  const known = topics.map((topic) => ({ ...topic, name: nameOf(topic) ?? '' }))
  return [known.filter((topic) => topic.name !== ''), known.filter((topic) => topic.name === '')]
}

function refuseTopic({ name, topicId, partitionIndexes }: WantedTopic) {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_ID
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...NOT_COMMITTED, errorCode })),
  }
}

/** Version 1 has no place for an error of the whole group: it stands with each partition. */
function failedGroup(context: RequestContext, group: WantedGroup, errorCode: number) {
  const perPartition = context.apiVersion < 2 ? (group.topics ?? []) : []
  const topics = perPartition.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...NOT_COMMITTED, errorCode })),
  }))
  return { groupId: group.groupId, topics, errorCode }
}
