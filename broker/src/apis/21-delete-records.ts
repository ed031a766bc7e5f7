/**
 * DeleteRecords (21): moves the log start offset of partitions forward (KIP-107); offset -1 means the high
 * watermark.
 *
 * - 1: throttling after the response (KIP-219); 2: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'

export const DeleteRecordsApi = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexible: 2,
  request: {
    topics: t.array({
      name: t.string(),
      partitions: t.array({ partitionIndex: t.int32(), offset: t.int64() }),
    }),
    timeoutMs: t.int32(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        lowWatermark: t.int64(),
        errorCode: t.int16(),
      }),
    }),
  },
})

export type DeleteRecordsRequest = Infer<typeof DeleteRecordsApi.request>
export type DeleteRecordsResponse = Infer<typeof DeleteRecordsApi.response>

/** Moves each partition's log start forward (KIP-107); -1 means to the high watermark. */
export function handleDeleteRecords(context: RequestContext, request: DeleteRecordsRequest) {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) =>
      deleteOne(context, name, partitionIndex, offset),
    ),
  }))
  return { throttleTimeMs: 0, topics }
}

const HIGH_WATERMARK = -1

function deleteOne(context: RequestContext, topic: string, partitionIndex: number, offset: number) {
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1, errorCode })
  const partition = context.broker.replicas.leader(topic, partitionIndex, -1)
  if (typeof partition === 'number') return failed(partition)
  const { log, highWatermark } = partition
  if (!log.config.cleanupPolicy.delete) return failed(ErrorCode.POLICY_VIOLATION)
  const upTo = offset === HIGH_WATERMARK ? highWatermark : offset
  if (upTo < 0 || upTo > highWatermark) return failed(ErrorCode.OFFSET_OUT_OF_RANGE)
  try {
    log.deleteRecordsBefore(upTo)
  } catch (error) {
    if (error instanceof KafkaError) return failed(error.code)
    throw error
  }
  return { partitionIndex, lowWatermark: log.logStartOffset, errorCode: ErrorCode.NONE }
}
