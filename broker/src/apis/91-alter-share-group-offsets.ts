/**
 * AlterShareGroupOffsets (91): moves an empty share group to other offsets (KIP-932).
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, ZERO_UUID } from '../wire/index.ts'
import { ensureShareStateTopic } from './automatic-topics.ts'
import { requireFeature, requireGroupId, unknownPartition } from './cluster-facts.ts'
import { alterShared, outcomeOf } from './shared-partitions.ts'

export const AlterShareGroupOffsetsApi = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({
      topicName: t.string(),
      partitions: t.array({ partitionIndex: t.int32(), startOffset: t.int64() }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    responses: t.array({
      topicName: t.string(),
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
      }),
    }),
  },
})

export type AlterShareGroupOffsetsRequest = Infer<typeof AlterShareGroupOffsetsApi.request>
export type AlterShareGroupOffsetsResponse = Infer<typeof AlterShareGroupOffsetsApi.response>

/** Moves an empty share group, or makes it: what it had in delivery is forgotten. */
export async function handleAlterShareGroupOffsets(
  { broker }: RequestContext,
  request: AlterShareGroupOffsetsRequest,
) {
  const { groupId } = request
  try {
    requireFeature(broker, 'share.version')
    requireGroupId(groupId)
    const topics = request.topics.flatMap(({ topicName, partitions }) => {
      const image = broker.cluster.topics.get(topicName)
      const existing = partitions.filter(
        ({ partitionIndex }) => image?.partitions[partitionIndex] !== undefined,
      )
      if (image === undefined || existing.length === 0) return []
      const { topicId } = image
      return [{ topicId, topicName, partitions: existing.map(({ partitionIndex }) => partitionIndex) }]
    })
    if (topics.length > 0) await ensureShareStateTopic(broker)
    const stateEpoch = await alterShared(broker, groupId, { kind: 'altered', topics })
    const responses = request.topics.map(async ({ topicName, partitions }) => {
      const image = broker.cluster.topics.get(topicName)
      const results = partitions.map(async ({ partitionIndex, startOffset }) => {
        if (image?.partitions[partitionIndex] === undefined) return { partitionIndex, ...unknownPartition }
        const key = { groupId, topicId: image.topicId, partition: partitionIndex }
        return {
          partitionIndex,
          ...(await outcomeOf(broker.share.client.initialize(key, stateEpoch, startOffset))),
        }
      })
      return { topicName, topicId: image?.topicId ?? ZERO_UUID, partitions: await Promise.all(results) }
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
