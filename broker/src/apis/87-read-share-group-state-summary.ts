/**
 * ReadShareGroupStateSummary (87): reads how far share-partitions are (KIP-932); between brokers.
 *
 * - 1: how many records past the start offset are done with (KIP-1226)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { failedResult, forEachSharePartition } from './share-state-requests.ts'

export const ReadShareGroupStateSummaryApi = defineApi({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({ partition: t.int32(), leaderEpoch: t.int32() }),
    }),
  },
  response: {
    results: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partition: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
        stateEpoch: t.int32(),
        leaderEpoch: t.int32(),
        startOffset: t.int64(),
        deliveryCompleteCount: t.int32({ since: 1, default: -1, ignorable: true }),
      }),
    }),
  },
})

export type ReadShareGroupStateSummaryRequest = Infer<typeof ReadShareGroupStateSummaryApi.request>
export type ReadShareGroupStateSummaryResponse = Infer<typeof ReadShareGroupStateSummaryApi.response>

export function handleReadShareGroupStateSummary(
  { broker }: RequestContext,
  request: ReadShareGroupStateSummaryRequest,
) {
  return forEachSharePartition(
    request,
    async (key, name) => {
      const { stateBatches: _, ...summary } = await broker.share.state.read(name, (shard) =>
        shard.summary(key),
      )
      return summary
    },
    (error) => ({
      ...failedResult(error),
      stateEpoch: 0,
      leaderEpoch: 0,
      startOffset: -1,
      deliveryCompleteCount: -1,
    }),
  )
}
