/**
 * OffsetForLeaderEpoch (23): where a leader epoch ended in the log, for truncation (KIP-101, KIP-279).
 *
 * - 2: the caller's leader epoch (KIP-320); 3: replicaId (KIP-392); 4: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'

export const OffsetForLeaderEpochApi = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexible: 4,
  request: {
    replicaId: t.int32({ since: 3, default: -2, ignorable: true }),
    topics: t.array({
      topic: t.string(),
      partitions: t.array({
        partition: t.int32(),
        currentLeaderEpoch: t.int32({ default: -1 }),
        leaderEpoch: t.int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      topic: t.string(),
      partitions: t.array({
        errorCode: t.int16(),
        partition: t.int32(),
        leaderEpoch: t.int32({ default: -1 }),
        endOffset: t.int64({ default: -1 }),
      }),
    }),
  },
})

export type OffsetForLeaderEpochRequest = Infer<typeof OffsetForLeaderEpochApi.request>
export type OffsetForLeaderEpochResponse = Infer<typeof OffsetForLeaderEpochApi.response>

/**
 * Tells where a leader epoch ended in this leader's log, so that a client can find out whether it was
 * truncated.
 */
export function handleOffsetForLeaderEpoch(context: RequestContext, request: OffsetForLeaderEpochRequest) {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
      const partition = context.broker.replicas.leader(topic, index, currentLeaderEpoch)
      if (typeof partition === 'number')
        return { errorCode: partition, partition: index, leaderEpoch: -1, endOffset: -1 }
      const end = partition.log.endOffsetForEpoch(leaderEpoch)
      return { errorCode: ErrorCode.NONE, partition: index, leaderEpoch: end.epoch, endOffset: end.endOffset }
    }),
  }))
  return { throttleTimeMs: 0, topics }
}
