/**
 * DeleteShareGroupOffsets (92): forgets what an empty share group has of topics (KIP-932).
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, ZERO_UUID } from '../wire/index.ts'
import { requireFeature, requireGroupId } from './cluster-facts.ts'
import { alterShared, readShared, removeSharedTopic } from './shared-partitions.ts'

export const DeleteShareGroupOffsetsApi = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: { groupId: t.string(), topics: t.array({ topicName: t.string() }) },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    responses: t.array({
      topicName: t.string(),
      topicId: t.uuid(),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type DeleteShareGroupOffsetsRequest = Infer<typeof DeleteShareGroupOffsetsApi.request>
export type DeleteShareGroupOffsetsResponse = Infer<typeof DeleteShareGroupOffsetsApi.response>

/** Removes the state of topics that an empty share group has: it begins there anew. */
export async function handleDeleteShareGroupOffsets(
  { broker }: RequestContext,
  request: DeleteShareGroupOffsetsRequest,
) {
  const { groupId } = request
  try {
    requireFeature(broker, 'share.version')
    requireGroupId(groupId)
    const known = await readShared(broker, groupId)
    const names = new Set(request.topics.map(({ topicName }) => topicName))
    const removed = (known?.shared ?? []).filter(({ topicName }) => names.has(topicName))
    const topicIds = new Set(removed.map(({ topicId }) => topicId))
    await alterShared(broker, groupId, { kind: 'removed', topicIds })
    const responses = request.topics.map(async ({ topicName }) => {
      const topic = removed.find((each) => each.topicName === topicName)
      if (topic === undefined) {
        const errorMessage = broker.cluster.topics.has(topicName)
          ? 'There is no offset information to delete.'
          : 'This server does not host this topic-partition.'
        return {
          topicName,
          topicId: ZERO_UUID,
          errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          errorMessage,
        }
      }
      return { topicName, topicId: topic.topicId, ...(await removeSharedTopic(broker, groupId, topic)) }
    })
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      responses: await Promise.all(responses),
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { throttleTimeMs: 0, errorCode: error.code, errorMessage: error.message, responses: [] }
  }
}
