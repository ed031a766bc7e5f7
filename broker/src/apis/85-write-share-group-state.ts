/**
 * WriteShareGroupState (85): keeps what became of records of share-partitions (KIP-932); between brokers.
 *
 * - 1: how many records past the start offset are done with (KIP-1226)
 */
import type { ShareStateResult } from '../coordinators/share/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { failedResult, forEachSharePartition } from './share-state-requests.ts'

export const WriteShareGroupStateApi = defineApi({
  key: 85,
  name: 'WriteShareGroupState',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partition: t.int32(),
        stateEpoch: t.int32(),
        leaderEpoch: t.int32(),
        startOffset: t.int64(),
        deliveryCompleteCount: t.int32({ since: 1, default: -1, ignorable: true }),
        stateBatches: t.array({
          firstOffset: t.int64(),
          lastOffset: t.int64(),
          deliveryState: t.int8(),
          deliveryCount: t.int16(),
        }),
      }),
    }),
  },
  response: {
    results: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partition: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
      }),
    }),
  },
})

export type WriteShareGroupStateRequest = Infer<typeof WriteShareGroupStateApi.request>
export type WriteShareGroupStateResponse = Infer<typeof WriteShareGroupStateApi.response>

export function handleWriteShareGroupState({ broker }: RequestContext, request: WriteShareGroupStateRequest) {
  return forEachSharePartition(
    request,
    (key, name, { partition: _, ...write }) =>
      broker.share.state.run<ShareStateResult>(name, (shard, token, now) =>
        shard.write(token, key, write, now.wallMs),
      ),
    failedResult,
  )
}
