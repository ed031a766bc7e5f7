/**
 * StreamsGroupHeartbeat (88): a Kafka Streams client joins a streams group with its topology, stays in it, learns
 * which tasks it is to run, tells which it runs, or leaves (KIP-1071).
 */
import { type StreamsHeartbeatResult, streamsGroupHeartbeat } from '../coordinators/groups/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { createTopics } from './automatic-topics.ts'
import { errorCodeOf, requireFeature } from './cluster-facts.ts'

const keyValue = { key: t.string(), value: t.string() }
const endpoint = { host: t.string(), port: t.uint16() }
const taskIds = { subtopologyId: t.string(), partitions: t.array(t.int32()) }
const taskOffset = { subtopologyId: t.string(), partition: t.int32(), offset: t.int64() }
const topicPartitions = { topic: t.string(), partitions: t.array(t.int32()) }
const topicInfo = {
  name: t.string(),
  partitions: t.int32(),
  replicationFactor: t.int16(),
  topicConfigs: t.array(keyValue),
}

export const StreamsGroupHeartbeatApi = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: t.string(),
    memberId: t.string(),
    memberEpoch: t.int32(),
    endpointInformationEpoch: t.int32(),
    instanceId: t.string({ nullable: 0, default: null }),
    rackId: t.string({ nullable: 0, default: null }),
    rebalanceTimeoutMs: t.int32({ default: -1 }),
    topology: t.struct(
      {
        epoch: t.int32(),
        subtopologies: t.array({
          subtopologyId: t.string(),
          sourceTopics: t.array(t.string()),
          sourceTopicRegex: t.array(t.string()),
          stateChangelogTopics: t.array(topicInfo),
          repartitionSinkTopics: t.array(t.string()),
          repartitionSourceTopics: t.array(topicInfo),
          copartitionGroups: t.array({
            sourceTopics: t.array(t.int16()),
            sourceTopicRegex: t.array(t.int16()),
            repartitionSourceTopics: t.array(t.int16()),
          }),
        }),
      },
      { nullable: 0, default: null },
    ),
    activeTasks: t.array(taskIds, { nullable: 0, default: null }),
    standbyTasks: t.array(taskIds, { nullable: 0, default: null }),
    warmupTasks: t.array(taskIds, { nullable: 0, default: null }),
    processId: t.string({ nullable: 0, default: null }),
    userEndpoint: t.struct(endpoint, { nullable: 0, default: null }),
    clientTags: t.array(keyValue, { nullable: 0, default: null }),
    taskOffsets: t.array(taskOffset, { nullable: 0, default: null }),
    taskEndOffsets: t.array(taskOffset, { nullable: 0, default: null }),
    shutdownApplication: t.bool({ default: false }),
  },
  response: {
    throttleTimeMs: t.int32(),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    memberId: t.string(),
    memberEpoch: t.int32(),
    heartbeatIntervalMs: t.int32(),
    acceptableRecoveryLag: t.int32(),
    taskOffsetIntervalMs: t.int32(),
    status: t.array({ statusCode: t.int8(), statusDetail: t.string() }, { nullable: 0 }),
    activeTasks: t.array(taskIds, { nullable: 0, default: null }),
    standbyTasks: t.array(taskIds, { nullable: 0, default: null }),
    warmupTasks: t.array(taskIds, { nullable: 0, default: null }),
    endpointInformationEpoch: t.int32(),
    partitionsByUserEndpoint: t.array(
      {
        userEndpoint: t.struct(endpoint),
        activePartitions: t.array(topicPartitions),
        standbyPartitions: t.array(topicPartitions),
      },
      { nullable: 0, default: null },
    ),
  },
})

export type StreamsGroupHeartbeatRequest = Infer<typeof StreamsGroupHeartbeatApi.request>
export type StreamsGroupHeartbeatResponse = Infer<typeof StreamsGroupHeartbeatApi.response>

/** Joins, stays in or leaves a group; creates the topics that the group's topology needs for itself. */
export async function handleStreamsGroupHeartbeat(
  context: RequestContext,
  request: StreamsGroupHeartbeatRequest,
) {
  const { broker, apiVersion: version, clientId, clientHost } = context
  const caller = { version, clientId, clientHost: `/${clientHost}` }
  try {
    requireFeature(broker, 'streams.version')
    const result = await broker.groups.run<StreamsHeartbeatResult>(request.groupId, (shard, token, now) =>
      shard.request(token, request.groupId, now, (effects) =>
        streamsGroupHeartbeat(effects, request, caller),
      ),
    )
    // The next heartbeat finds them; if they cannot be created, it asks again.
    if (result.topicsToCreate.length > 0) await createTopics(broker, result.topicsToCreate)
    return result.response
  } catch (error) {
    return { ...NOTHING, errorCode: errorCodeOf(error), memberId: '' }
  }
}

const NOTHING = {
  throttleTimeMs: 0,
  errorCode: ErrorCode.NONE,
  memberEpoch: 0,
  heartbeatIntervalMs: 0,
  acceptableRecoveryLag: 0,
  taskOffsetIntervalMs: 0,
  status: [],
  endpointInformationEpoch: 0,
}
