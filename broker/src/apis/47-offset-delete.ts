/** OffsetDelete (47): removes committed offsets of topics that a group does not read any more (KIP-496). */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf, requireGroupId } from './cluster-facts.ts'

export const OffsetDeleteApi = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexible: Number.POSITIVE_INFINITY,
  request: {
    groupId: t.string(),
    topics: t.array({ name: t.string(), partitions: t.array({ partitionIndex: t.int32() }) }),
  },
  response: {
    errorCode: t.int16(),
    throttleTimeMs: t.int32(),
    topics: t.array({
      name: t.string(),
      partitions: t.array({ partitionIndex: t.int32(), errorCode: t.int16() }),
    }),
  },
})

export type OffsetDeleteRequest = Infer<typeof OffsetDeleteApi.request>
export type OffsetDeleteResponse = Infer<typeof OffsetDeleteApi.response>

/** Deletes offsets of a group; partitions that do not exist are refused one by one. */
export async function handleOffsetDelete({ broker }: RequestContext, request: OffsetDeleteRequest) {
  const exists = (topic: string, partition: number) =>
    broker.cluster.topics.get(topic)?.partitions[partition] !== undefined
  const known = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.filter(({ partitionIndex }) => exists(name, partitionIndex)),
  }))
  const topics = known.filter(({ partitions }) => partitions.length > 0)
  try {
    requireGroupId(request.groupId)
    const deleted = await broker.groups.run<OffsetDeleteResponse>(request.groupId, (shard, token, now) =>
      shard.deleteOffsets(token, { ...request, topics }, now),
    )
    if (deleted.errorCode !== ErrorCode.NONE) return { ...deleted, throttleTimeMs: 0 }
    const results = new Map(deleted.topics.map(({ name, partitions }) => [name, partitions[0]?.errorCode]))
    return {
      errorCode: ErrorCode.NONE,
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: exists(name, partitionIndex)
            ? (results.get(name) ?? ErrorCode.NONE)
            : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        })),
      })),
    }
  } catch (error) {
    return { errorCode: errorCodeOf(error), throttleTimeMs: 0, topics: [] }
  }
}
