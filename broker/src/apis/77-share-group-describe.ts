/**
 * ShareGroupDescribe (77): share groups as administrators see them (KIP-932).
 */
import { describeShareGroup } from '../coordinators/groups/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, requireFeature, requireGroupId, withGroupOperations } from './cluster-facts.ts'

export const ShareGroupDescribeApi = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [1, 1],
  flexible: 0,
  request: { groupIds: t.array(t.string()), includeAuthorizedOperations: t.bool() },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
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
        rackId: t.string({ nullable: 0, default: null }),
        memberEpoch: t.int32(),
        clientId: t.string(),
        clientHost: t.string(),
        subscribedTopicNames: t.array(t.string()),
        assignment: t.struct({
          topicPartitions: t.array({
            topicId: t.uuid(),
            topicName: t.string(),
            partitions: t.array(t.int32()),
          }),
        }),
      }),
      authorizedOperations: t.int32({ default: -2147483648 }),
    }),
  },
})

export type ShareGroupDescribeRequest = Infer<typeof ShareGroupDescribeApi.request>
export type ShareGroupDescribeResponse = Infer<typeof ShareGroupDescribeApi.response>

export async function handleShareGroupDescribe(context: RequestContext, request: ShareGroupDescribeRequest) {
  const groups = await Promise.all(request.groupIds.map((groupId) => describeOne(context, groupId)))
  return { throttleTimeMs: 0, groups: withGroupOperations(groups, request) }
}

const NOTHING = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }

async function describeOne({ broker }: RequestContext, groupId: string) {
  try {
    requireFeature(broker, 'share.version')
    requireGroupId(groupId)
    return await broker.groups.read(groupId, (shard) =>
      shard.look(groupId, (group, topics) => describeShareGroup(groupId, group, topics)),
    )
  } catch (error) {
    return { errorCode: errorCodeOf(error), groupId, ...NOTHING }
  }
}
