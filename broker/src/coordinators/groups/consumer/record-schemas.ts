/** Kafka's schemas of a consumer group's records: a key starts with its type, a value with its version. */
import { message, t } from '../../../wire/index.ts'

export const GroupKey = message({ versions: [0, 0], fields: { type: t.int16(), groupId: t.string() } })
export const MemberKey = message({
  versions: [0, 0],
  fields: { type: t.int16(), groupId: t.string(), memberId: t.string() },
})
export const RegexKey = message({
  versions: [0, 0],
  fields: { type: t.int16(), groupId: t.string(), regularExpression: t.string() },
})

export const GroupMetadata = message({
  versions: [0, 0],
  flexible: 0,
  fields: { version: t.int16(), epoch: t.int32(), metadataHash: t.int64({ tag: 0 }) },
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
    subscribedTopicNames: t.array(t.string()),
    subscribedTopicRegex: t.string({ nullable: 0 }),
    rebalanceTimeoutMs: t.int32({ default: -1 }),
    serverAssignor: t.string({ nullable: 0 }),
    classicMemberMetadata: t.struct(
      {
        sessionTimeoutMs: t.int32(),
        supportedProtocols: t.array({ name: t.string(), metadata: t.bytes() }),
      },
      { tag: 0, nullable: 0, default: null },
    ),
  },
})

export const TargetEpoch = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    assignmentEpoch: t.int32(),
    assignmentTimestamp: t.int64({ tag: 0 }),
  },
})

export const Target = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    topicPartitions: t.array({ topicId: t.uuid(), partitions: t.array(t.int32()) }),
  },
})

const ownedPartitions = {
  topicId: t.uuid(),
  partitions: t.array(t.int32()),
  assignmentEpochs: t.array(t.int32(), { tag: 0, nullable: 0, default: null }),
}

export const Current = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    memberEpoch: t.int32(),
    previousMemberEpoch: t.int32(),
    state: t.int8(),
    assignedPartitions: t.array(ownedPartitions),
    partitionsPendingRevocation: t.array(ownedPartitions),
  },
})

export const Regex = message({
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: t.int16(),
    topics: t.array(t.string()),
    metadataVersion: t.int64(),
    timestamp: t.int64(),
  },
})
