/**
 * DeleteShareGroupState (86): deletes the state of share-partitions (KIP-932); between brokers.
 */
import type { ShareStateResult } from '../coordinators/share/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { failedResult, forEachSharePartition } from './share-state-requests.ts'

export const DeleteShareGroupStateApi = defineApi({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: t.string(),
    topics: t.array({ topicId: t.uuid(), partitions: t.array({ partition: t.int32() }) }),
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

export type DeleteShareGroupStateRequest = Infer<typeof DeleteShareGroupStateApi.request>
export type DeleteShareGroupStateResponse = Infer<typeof DeleteShareGroupStateApi.response>

export function handleDeleteShareGroupState(
  { broker }: RequestContext,
  request: DeleteShareGroupStateRequest,
) {
  return forEachSharePartition(
    request,
    (key, name) => broker.share.state.run<ShareStateResult>(name, (shard, token) => shard.remove(token, key)),
    failedResult,
  )
}
