/**
 * DeleteTopics (20): deletes topics.
 *
 * - 1: throttle time; 3: TOPIC_DELETION_DISABLED (KIP-322); 4: flexible
 * - 5: error message, THROTTLING_QUOTA_EXCEEDED (KIP-599); 6: by name or by id (KIP-516)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t, ZERO_UUID } from '../wire/index.ts'
import { mutationsOf } from './mutation-quota.ts'

export const DeleteTopicsApi = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: t.array({ name: t.string({ nullable: 6, default: null }), topicId: t.uuid() }, { since: 6 }),
    topicNames: t.array(t.string(), { until: 5, ignorable: true }),
    timeoutMs: t.int32(),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    responses: t.array({
      name: t.string({ nullable: 6 }),
      topicId: t.uuid({ since: 6, ignorable: true }),
      errorCode: t.int16(),
      errorMessage: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
    }),
  },
})

export type DeleteTopicsRequest = Infer<typeof DeleteTopicsApi.request>
export type DeleteTopicsResponse = Infer<typeof DeleteTopicsApi.response>

/** Deletes topics, by name or (since version 6) by id. */
export async function handleDeleteTopics(context: RequestContext, request: DeleteTopicsRequest) {
  const byName = request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  const topics = context.apiVersion >= TOPIC_IDS_SINCE ? request.topics : byName
  const mutations = mutationsOf(context, STRICT_QUOTA_SINCE)
  const responses = await context.broker.controller.submit('deleteTopics', {
    topics,
    countMutations: mutations.record,
  })
  return { throttleTimeMs: mutations.throttleMs, responses }
}

const TOPIC_IDS_SINCE = 6

/** Clients since this version know THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_SINCE = 5
