/**
 * ConsumerGroupHeartbeat (68): a member joins a group of the consumer protocol, stays in it, learns what it is to
 * read, tells what it does read, or leaves (KIP-848).
 *
 * - 1: regular expressions; the client makes its member id (KIP-1082)
 */
import { randomKafkaUuid } from '../runtime/uuid.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, requireFeature } from './cluster-facts.ts'

const topicPartitions = { topicId: t.uuid(), partitions: t.array(t.int32()) }

export const ConsumerGroupHeartbeatApi = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: t.string(),
    memberId: t.string(),
    memberEpoch: t.int32(),
    instanceId: t.string({ nullable: 0, default: null }),
    rackId: t.string({ nullable: 0, default: null }),
    rebalanceTimeoutMs: t.int32({ default: -1 }),
    subscribedTopicNames: t.array(t.string(), { nullable: 0, default: null }),
    subscribedTopicRegex: t.string({ since: 1, nullable: 1, default: null }),
    serverAssignor: t.string({ nullable: 0, default: null }),
    topicPartitions: t.array(topicPartitions, { nullable: 0, default: null }),
  },
  response: {
    throttleTimeMs: t.int32(),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    memberId: t.string({ nullable: 0, default: null }),
    memberEpoch: t.int32(),
    heartbeatIntervalMs: t.int32(),
    assignment: t.struct({ topicPartitions: t.array(topicPartitions) }, { nullable: 0, default: null }),
  },
})

export type ConsumerGroupHeartbeatRequest = Infer<typeof ConsumerGroupHeartbeatApi.request>
export type ConsumerGroupHeartbeatResponse = Infer<typeof ConsumerGroupHeartbeatApi.response>

/** Joins, stays in or leaves a group. */
export async function handleConsumerGroupHeartbeat(
  context: RequestContext,
  request: ConsumerGroupHeartbeatRequest,
) {
  const { broker, apiVersion: version, clientId, clientHost } = context
  const caller = { version, clientId, clientHost: `/${clientHost}` }
  const newMemberId = () => randomKafkaUuid(broker.runtime.random)
  try {
    requireFeature(broker, 'group.version')
    return await broker.groups.run<ConsumerGroupHeartbeatResponse>(request.groupId, (shard, token, now) =>
      shard.consumerGroupHeartbeat(token, request, caller, now, newMemberId),
    )
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), memberEpoch: 0, heartbeatIntervalMs: 0 }
  }
}
