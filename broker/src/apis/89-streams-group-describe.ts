/** StreamsGroupDescribe (89): topology, epochs, members and tasks of streams groups (KIP-1071). */
import { describeStreamsGroup } from '../coordinators/groups/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, requireFeature, requireGroupId, withGroupOperations } from './cluster-facts.ts'

const keyValue = { key: t.string(), value: t.string() }
const taskIds = { subtopologyId: t.string(), partitions: t.array(t.int32()) }
const taskOffset = { subtopologyId: t.string(), partition: t.int32(), offset: t.int64() }
const assignment = t.struct({
  activeTasks: t.array(taskIds),
  standbyTasks: t.array(taskIds),
  warmupTasks: t.array(taskIds),
})
const topicInfo = {
  name: t.string(),
  partitions: t.int32(),
  replicationFactor: t.int16(),
  topicConfigs: t.array(keyValue),
}

export const StreamsGroupDescribeApi = defineApi({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 0],
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
      topology: t.struct(
        {
          epoch: t.int32(),
          subtopologies: t.array(
            {
              subtopologyId: t.string(),
              sourceTopics: t.array(t.string()),
              repartitionSinkTopics: t.array(t.string()),
              stateChangelogTopics: t.array(topicInfo),
              repartitionSourceTopics: t.array(topicInfo),
            },
            { nullable: 0, default: null },
          ),
        },
        { nullable: 0, default: null },
      ),
      members: t.array({
        memberId: t.string(),
        memberEpoch: t.int32(),
        instanceId: t.string({ nullable: 0, default: null }),
        rackId: t.string({ nullable: 0, default: null }),
        clientId: t.string(),
        clientHost: t.string(),
        topologyEpoch: t.int32(),
        processId: t.string(),
        userEndpoint: t.struct({ host: t.string(), port: t.uint16() }, { nullable: 0, default: null }),
        clientTags: t.array(keyValue),
        taskOffsets: t.array(taskOffset),
        taskEndOffsets: t.array(taskOffset),
        assignment,
        targetAssignment: assignment,
        isClassic: t.bool(),
      }),
      authorizedOperations: t.int32({ default: -2147483648 }),
    }),
  },
})

export type StreamsGroupDescribeRequest = Infer<typeof StreamsGroupDescribeApi.request>
export type StreamsGroupDescribeResponse = Infer<typeof StreamsGroupDescribeApi.response>

/** Describes streams groups. */
export async function handleStreamsGroupDescribe(
  context: RequestContext,
  request: StreamsGroupDescribeRequest,
) {
  const described = await Promise.all(request.groupIds.map((groupId) => describeOne(context, groupId)))
  return { throttleTimeMs: 0, groups: withGroupOperations(described, request) }
}

async function describeOne({ broker }: RequestContext, groupId: string) {
  try {
    requireFeature(broker, 'streams.version')
    requireGroupId(groupId)
    return await broker.groups.read(groupId, (shard) =>
      shard.look(groupId, (group) => describeStreamsGroup(groupId, group)),
    )
  } catch (error) {
    const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, members: [] }
    return { errorCode: errorCodeOf(error), groupId, ...nothing }
  }
}
