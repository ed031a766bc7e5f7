/**
 * CreateTopics (19): creates topics, with a number of partitions or with given assignments.
 *
 * - 2: throttle time; 4: -1 takes the broker's defaults (KIP-464); 5: flexible, configs in the response (KIP-525)
 * - 6: THROTTLING_QUOTA_EXCEEDED (KIP-599); 7: topic id in the response (KIP-516)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { describedConfig } from './config-facts.ts'
import { mutationsOf } from './mutation-quota.ts'

export const CreateTopicsApi = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexible: 5,
  request: {
    topics: t.array({
      name: t.string(),
      numPartitions: t.int32(),
      replicationFactor: t.int16(),
      assignments: t.array({ partitionIndex: t.int32(), brokerIds: t.array(t.int32()) }),
      configs: t.array({ name: t.string(), value: t.string({ nullable: 0 }) }),
    }),
    timeoutMs: t.int32({ default: 60000 }),
    validateOnly: t.bool({ default: false }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      name: t.string(),
      topicId: t.uuid({ since: 7, ignorable: true }),
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      topicConfigErrorCode: t.int16({ since: 5, tag: 0, ignorable: true }),
      numPartitions: t.int32({ since: 5, default: -1, ignorable: true }),
      replicationFactor: t.int16({ since: 5, default: -1, ignorable: true }),
      configs: t.array(
        {
          name: t.string(),
          value: t.string({ nullable: 5 }),
          readOnly: t.bool(),
          configSource: t.int8({ default: -1 }),
          isSensitive: t.bool(),
        },
        { since: 5, nullable: 5, ignorable: true },
      ),
    }),
  },
})

export type CreateTopicsRequest = Infer<typeof CreateTopicsApi.request>
export type CreateTopicsResponse = Infer<typeof CreateTopicsApi.response>

/** Creates topics; answers when the controller has committed them. */
export async function handleCreateTopics(
  context: RequestContext,
  { topics, validateOnly }: CreateTopicsRequest,
) {
  const mutations = mutationsOf(context, STRICT_QUOTA_SINCE)
  const created = await context.broker.controller.submit('createTopics', {
    topics,
    validateOnly,
    countMutations: mutations.record,
  })
  return {
    throttleTimeMs: mutations.throttleMs,
    topics: created.map(({ configs, ...topic }) => ({
      ...topic,
      configs: configs.map(describedConfig),
    })),
  }
}

/** Clients since this version know THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_SINCE = 6
