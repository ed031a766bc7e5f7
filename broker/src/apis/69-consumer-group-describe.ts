/**
 * ConsumerGroupDescribe (69): state, epochs, members, assignments and target assignments of groups of the consumer
 * protocol (KIP-848).
 *
 * - 1: whether a member speaks the classic or the consumer protocol (KIP-1099)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, requireFeature, requireGroupId, withGroupOperations } from './cluster-facts.ts'

const assignment = t.struct({
  topicPartitions: t.array({ topicId: t.uuid(), topicName: t.string(), partitions: t.array(t.int32()) }),
})

export const ConsumerGroupDescribeApi = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupIds: t.array(t.string()),
    includeAuthorizedOperations: t.bool(),
  },
  response: {
    throttleTimeMs: t.int32(),
    groups: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0, default: null }),
      groupId: t.string(),
      groupState: t.string(),
      groupEpoch: t.int32(),
      assignmentEpoch: t.int32(),
      assignorName: t.string(),
      members: t.array({
        memberId: t.string(),
        instanceId: t.string({ nullable: 0, default: null }),
        rackId: t.string({ nullable: 0, default: null }),
        memberEpoch: t.int32(),
        clientId: t.string(),
        clientHost: t.string(),
        subscribedTopicNames: t.array(t.string()),
        subscribedTopicRegex: t.string({ nullable: 0, default: null }),
        assignment,
        targetAssignment: assignment,
        memberType: t.int8({ since: 1, default: -1, ignorable: true }),
      }),
      authorizedOperations: t.int32({ default: -2147483648 }),
    }),
  },
})

export type ConsumerGroupDescribeRequest = Infer<typeof ConsumerGroupDescribeApi.request>
export type ConsumerGroupDescribeResponse = Infer<typeof ConsumerGroupDescribeApi.response>

/** Describes groups of the consumer protocol. */
export async function handleConsumerGroupDescribe(
  context: RequestContext,
  request: ConsumerGroupDescribeRequest,
) {
  const described = await Promise.all(request.groupIds.map((groupId) => describeOne(context, groupId)))
  return { throttleTimeMs: 0, groups: withGroupOperations(described, request) }
}

async function describeOne({ broker }: RequestContext, groupId: string) {
  try {
    requireFeature(broker, 'group.version')
    requireGroupId(groupId)
    return await broker.groups.read(groupId, (shard) => shard.describeConsumerGroup(groupId))
  } catch (error) {
    const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }
    return { errorCode: errorCodeOf(error), groupId, ...nothing }
  }
}
