/**
 * The records of a share group in Kafka's formats (KIP-932, key types 10 to 15). A key starts with its type, a value with
 * its version, which is 0 for all of them.
 */
import { decode, encode, message, t } from '../../../wire/index.ts'
import type { GroupRecord } from '../records.ts'
import { type TopicPartitions, toEntries, toTopicPartitions } from '../target/partitions.ts'

export const keyTypes = {
  shareMember: 10,
  shareGroup: 11,
  shareTargetEpoch: 12,
  shareTarget: 13,
  shareCurrent: 14,
  shareState: 15,
}

const version = t.int16()
const topicPartitions = t.array({ topicId: t.uuid(), partitions: t.array(t.int32()) })
const statePartitions = t.array({ topicId: t.uuid(), topicName: t.string(), partitions: t.array(t.int32()) })

export const GroupKey = message({
  name: 'ShareGroupKey',
  versions: [0, 0],
  fields: { type: t.int16(), groupId: t.string() },
})

export const MemberKey = message({
  name: 'ShareGroupMemberKey',
  versions: [0, 0],
  fields: { type: t.int16(), groupId: t.string(), memberId: t.string() },
})

export const Member = message({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version,
    rackId: t.string({ nullable: 0 }),
    clientId: t.string(),
    clientHost: t.string(),
    subscribedTopicNames: t.array(t.string()),
  },
})

export const GroupMetadata = message({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: { version, epoch: t.int32(), metadataHash: t.int64() },
})

export const TargetEpoch = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version,
    assignmentEpoch: t.int32(),
    assignmentTimestamp: t.int64({ tag: 0, default: 0, ignorable: true }),
  },
})

export const Target = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: { version, topicPartitions },
})

export const Current = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version,
    memberEpoch: t.int32(),
    previousMemberEpoch: t.int32(),
    state: t.int8(),
    assignedPartitions: topicPartitions,
  },
})

export const State = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version,
    initializingTopics: statePartitions,
    initializedTopics: statePartitions,
    deletingTopics: t.array({ topicId: t.uuid(), topicName: t.string() }),
  },
})

export interface ShareMemberMetadata {
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: readonly string[]
}

export interface ShareCurrent {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly assigned: TopicPartitions
}

/** The partitions of a topic that have their state at the share coordinator. */
export interface SharedTopic {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

export interface ShareTargetEpoch {
  readonly assignmentEpoch: number
  /** Time of the wall. */
  readonly assignmentTimestamp: number
}

/** One record: what is so from then on; a value of null says that it is no more. */
export type ShareEntry =
  | {
      readonly kind: 'shareGroup'
      readonly value: { readonly epoch: number; readonly metadataHash: number } | null
    }
  | { readonly kind: 'shareMember'; readonly memberId: string; readonly value: ShareMemberMetadata | null }
  | { readonly kind: 'shareTargetEpoch'; readonly value: ShareTargetEpoch | null }
  | { readonly kind: 'shareTarget'; readonly memberId: string; readonly value: TopicPartitions | null }
  | { readonly kind: 'shareCurrent'; readonly memberId: string; readonly value: ShareCurrent | null }
  | { readonly kind: 'shareState'; readonly value: readonly SharedTopic[] | null }

const STABLE = 0

/** Undefined for a key type that is no share group's. */
export function readShareRecord(
  type: number,
  key: Buffer,
  value: Buffer | null,
): (ShareEntry & { readonly groupId: string }) | undefined {
  switch (type) {
    case keyTypes.shareGroup: {
      const { groupId } = decode(GroupKey, 0, key)
      return { kind: 'shareGroup', groupId, value: value && decode(GroupMetadata, 0, value) }
    }
    case keyTypes.shareMember: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      return { kind: 'shareMember', groupId, memberId, value: value && readMember(value) }
    }
    case keyTypes.shareTargetEpoch: {
      const { groupId } = decode(GroupKey, 0, key)
      return { kind: 'shareTargetEpoch', groupId, value: value && decode(TargetEpoch, 0, value) }
    }
    case keyTypes.shareTarget: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      const target = value && toTopicPartitions(decode(Target, 0, value).topicPartitions)
      return { kind: 'shareTarget', groupId, memberId, value: target }
    }
    case keyTypes.shareCurrent: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      return { kind: 'shareCurrent', groupId, memberId, value: value && readCurrent(value) }
    }
    case keyTypes.shareState: {
      const { groupId } = decode(GroupKey, 0, key)
      return { kind: 'shareState', groupId, value: value && decode(State, 0, value).initializedTopics }
    }
    default:
      return undefined
  }
}

export function shareRecord(groupId: string, entry: ShareEntry): GroupRecord {
  const type = keyTypes[entry.kind]
  const key =
    'memberId' in entry
      ? encode(MemberKey, 0, { type, groupId, memberId: entry.memberId })
      : encode(GroupKey, 0, { type, groupId })
  return { key, value: encodedValue(entry) }
}

function encodedValue(entry: ShareEntry): Buffer | null {
  if (entry.value === null) return null
  const first = { version: 0 }
  switch (entry.kind) {
    case 'shareGroup':
      return encode(GroupMetadata, 0, { ...first, ...entry.value })
    case 'shareMember':
      return encode(Member, 0, { ...first, ...entry.value })
    case 'shareTargetEpoch':
      return encode(TargetEpoch, 0, { ...first, ...entry.value })
    case 'shareTarget':
      return encode(Target, 0, { ...first, topicPartitions: toEntries(entry.value) })
    case 'shareCurrent': {
      const { memberEpoch, previousMemberEpoch, assigned } = entry.value
      const assignedPartitions = toEntries(assigned)
      return encode(Current, 0, {
        ...first,
        memberEpoch,
        previousMemberEpoch,
        state: STABLE,
        assignedPartitions,
      })
    }
    case 'shareState': {
      const initializedTopics = entry.value.map((topic) => ({ ...topic, partitions: [...topic.partitions] }))
      return encode(State, 0, { ...first, initializingTopics: [], initializedTopics, deletingTopics: [] })
    }
  }
}

function readMember(value: Buffer): ShareMemberMetadata {
  const { version: _, ...metadata } = decode(Member, 0, value)
  return metadata
}

function readCurrent(value: Buffer): ShareCurrent {
  const { memberEpoch, previousMemberEpoch, assignedPartitions } = decode(Current, 0, value)
  return { memberEpoch, previousMemberEpoch, assigned: toTopicPartitions(assignedPartitions) }
}
