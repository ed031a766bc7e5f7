/** What the APIs of the share coordinator have in common: one result for each share-partition of the request. */
import { coordinatorKey, type ShareKey } from '../coordinators/share/index.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'

interface StateRequest<Partition> {
  readonly groupId: string
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly Partition[] }[]
}

/** `serve` may reject with a KafkaError, which becomes the share-partition's own result. */
export async function forEachSharePartition<Partition extends { readonly partition: number }, Result>(
  { groupId, topics }: StateRequest<Partition>,
  serve: (key: ShareKey, coordinatorKey: string, partition: Partition) => Promise<Result>,
  failed: (error: KafkaError) => Result,
) {
  const results = topics.map(async ({ topicId, partitions }) => ({
    topicId,
    partitions: await Promise.all(
      partitions.map(async (asked) => {
        const key = { groupId, topicId, partition: asked.partition }
        const result = await checked(key, () => serve(key, coordinatorKey(key), asked)).catch((error) => {
          if (error instanceof KafkaError) return failed(error)
          throw error
        })
        return { partition: asked.partition, ...result }
      }),
    ),
  }))
  return { results: await Promise.all(results) }
}

export function failedResult({ code, message }: KafkaError) {
  return { errorCode: code, errorMessage: message }
}

async function checked<Result>(
  { groupId, partition }: ShareKey,
  serve: () => Promise<Result>,
): Promise<Result> {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'The group id is empty.')
  if (partition < 0) throw new KafkaError(ErrorCode.INVALID_REQUEST, 'The partition is negative.')
  return serve()
}
