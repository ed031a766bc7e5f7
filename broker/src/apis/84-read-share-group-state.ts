/**
 * ReadShareGroupState (84): reads the state of share-partitions for their leader (KIP-932); between brokers.
 */
import type { ReadShareState } from '../coordinators/share/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { failedResult, forEachSharePartition } from './share-state-requests.ts'

export const ReadShareGroupStateApi = defineApi({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
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
        startOffset: t.int64(),
        stateBatches: t.array({
          firstOffset: t.int64(),
          lastOffset: t.int64(),
          deliveryState: t.int8(),
          deliveryCount: t.int16(),
        }),
      }),
    }),
  },
})

export type ReadShareGroupStateRequest = Infer<typeof ReadShareGroupStateApi.request>
export type ReadShareGroupStateResponse = Infer<typeof ReadShareGroupStateApi.response>

export function handleReadShareGroupState({ broker }: RequestContext, request: ReadShareGroupStateRequest) {
  return forEachSharePartition(
    request,
    async (key, name, { leaderEpoch }) => {
      const state = await broker.share.state.run<ReadShareState>(name, (shard, token) =>
        shard.read(token, key, leaderEpoch),
      )
      const { errorCode, errorMessage, stateEpoch, startOffset, stateBatches } = state
      return { errorCode, errorMessage, stateEpoch, startOffset, stateBatches: [...stateBatches] }
    },
    (error) => ({ ...failedResult(error), stateEpoch: 0, startOffset: -1, stateBatches: [] }),
  )
}
