/**
 * DeleteRecords (21): moves the log start offset of partitions forward (KIP-107); offset -1 means the high
 * watermark.
 *
 * - 1: throttling after the response (KIP-219); 2: flexible
 */
import { isInternalTopic } from '../cluster/index.ts'
import type { Partition } from '../replication/partition/partition.ts'
import type { Timer } from '../runtime/types.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

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

/**
 * Moves each partition's log start forward (KIP-107); -1 means to the high watermark. Answers when all live replicas
 * have done so.
 */
export async function handleDeleteRecords(context: RequestContext, request: DeleteRecordsRequest) {
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(({ partitionIndex, offset }) =>
          deleteOne(context, name, partitionIndex, offset, request.timeoutMs),
        ),
      ),
    })),
  )
  return { throttleTimeMs: 0, topics }
}

const HIGH_WATERMARK = -1

async function deleteOne(
  context: RequestContext,
  topic: string,
  partitionIndex: number,
  offset: number,
  timeoutMs: number,
) {
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1, errorCode })
  // Nobody but the coordinators may say what of their state is not needed any more.
  if (isInternalTopic(topic)) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION)
  const partition = context.broker.replicas.leader(topic, partitionIndex, -1)
  if (typeof partition === 'number') return failed(partition)
  const { log, highWatermark } = partition
  if (!log.config.cleanupPolicy.delete) return failed(ErrorCode.POLICY_VIOLATION)
  const upTo = offset === HIGH_WATERMARK ? highWatermark : offset
  if (upTo < 0 || upTo > highWatermark) return failed(ErrorCode.OFFSET_OUT_OF_RANGE)
  try {
    log.deleteRecordsBefore(upTo)
  } catch (error) {
    return failed(errorCodeOf(error))
  }
  const { errorCode, lowWatermark } = await replicated(context, partition, upTo, timeoutMs)
  return { partitionIndex, lowWatermark, errorCode }
}

/** Waits for the live replicas. */
function replicated(
  context: RequestContext,
  partition: Partition,
  offset: number,
  timeoutMs: number,
): Promise<{ errorCode: number; lowWatermark: number }> {
  return new Promise((resolve) => {
    let timer: Timer | undefined
    const stop = partition.whenDeleted(offset, (error, lowWatermark) => {
      timer?.cancel()
      resolve({ errorCode: error?.code ?? ErrorCode.NONE, lowWatermark })
    })
    if (stop === undefined) return
    timer = context.broker.runtime.timers.after(timeoutMs, () => {
      stop()
      resolve({ errorCode: ErrorCode.REQUEST_TIMED_OUT, lowWatermark: partition.lowWatermark })
    })
  })
}
