/**
 * CreatePartitions (37): raises the number of partitions of a topic (KIP-195).
 *
 * - 1: throttling after the response (KIP-219); 2: flexible; 3: THROTTLING_QUOTA_EXCEEDED (KIP-599)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { mutationsOf } from './mutation-quota.ts'

export const CreatePartitionsApi = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: t.array({
      name: t.string(),
      count: t.int32(),
      assignments: t.array({ brokerIds: t.array(t.int32()) }, { nullable: 0 }),
    }),
    timeoutMs: t.int32(),
    validateOnly: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    results: t.array({
      name: t.string(),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type CreatePartitionsRequest = Infer<typeof CreatePartitionsApi.request>
export type CreatePartitionsResponse = Infer<typeof CreatePartitionsApi.response>

/** Adds partitions to topics. */
export async function handleCreatePartitions(
  context: RequestContext,
  { topics, validateOnly }: CreatePartitionsRequest,
) {
  const mutations = mutationsOf(context, STRICT_QUOTA_SINCE)
  const results = await context.broker.controller.submit('createPartitions', {
    topics,
    validateOnly,
    countMutations: mutations.record,
  })
  return { throttleTimeMs: mutations.throttleMs, results }
}

/** Clients since this version know THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_SINCE = 3
