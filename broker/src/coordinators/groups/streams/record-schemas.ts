/** Kafka's schemas of a streams group's records, apart from those that are the same as a consumer group's. */
import { message, t } from '../../../wire/index.ts'

const keyValue = { key: t.string(), value: t.string() }
const taskIds = {
  subtopologyId: t.string(),
  partitions: t.array(t.int32()),
  assignmentEpochs: t.array(t.int32(), { tag: 0, nullable: 0, default: null }),
}
const plainTaskIds = { subtopologyId: t.string(), partitions: t.array(t.int32()) }
const topicInfo = {
  name: t.string(),
  partitions: t.int32(),
  replicationFactor: t.int16(),
  topicConfigs: t.array(keyValue),
}

export const GroupMetadata = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    epoch: t.int32(),
    metadataHash: t.int64(),
    validatedTopologyEpoch: t.int32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: t.array(keyValue, { tag: 1, nullable: 0, default: null }),
  },
})

export const Member = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    instanceId: t.string({ nullable: 0 }),
    rackId: t.string({ nullable: 0 }),
    clientId: t.string(),
    clientHost: t.string(),
    rebalanceTimeoutMs: t.int32({ default: -1 }),
    topologyEpoch: t.int32(),
    processId: t.string(),
    userEndpoint: t.struct({ host: t.string(), port: t.uint16() }, { nullable: 0, default: null }),
    clientTags: t.array(keyValue),
  },
})

export const Target = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    activeTasks: t.array(plainTaskIds),
    standbyTasks: t.array(plainTaskIds),
    warmupTasks: t.array(plainTaskIds),
  },
})

export const Current = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    memberEpoch: t.int32(),
    previousMemberEpoch: t.int32(),
    state: t.int8(),
    activeTasks: t.array(taskIds),
    standbyTasks: t.array(taskIds),
    warmupTasks: t.array(taskIds),
    activeTasksPendingRevocation: t.array(taskIds),
    standbyTasksPendingRevocation: t.array(taskIds),
    warmupTasksPendingRevocation: t.array(taskIds),
  },
})

export const TopologyValue = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
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
})
