/**
 * InitializeShareGroupState (83): begins the state of share-partitions at an offset (KIP-932); between brokers.
 */
import type { ShareStateResult } from '../coordinators/share/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { failedResult, forEachSharePartition } from './share-state-requests.ts'

export const InitializeShareGroupStateApi = defineApi({
  key: 83,
  name: 'InitializeShareGroupState',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({ partition: t.int32(), stateEpoch: t.int32(), startOffset: t.int64() }),
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

export type InitializeShareGroupStateRequest = Infer<typeof InitializeShareGroupStateApi.request>
export type InitializeShareGroupStateResponse = Infer<typeof InitializeShareGroupStateApi.response>

export function handleInitializeShareGroupState(
  { broker }: RequestContext,
  request: InitializeShareGroupStateRequest,
) {
  return forEachSharePartition(
    request,
    async (key, name, asked) => {
      // Of what does not exist nothing is kept: no deletion of a topic would ever remove it.
      if (broker.cluster.topicsById.get(key.topicId)?.partitions[key.partition] === undefined)
        throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      return await broker.share.state.run<ShareStateResult>(name, (shard, token, now) =>
        shard.initialize(token, key, asked, now.wallMs),
      )
    },
    failedResult,
  )
}
