/**
 * The records of a consumer group in Kafka's formats (KIP-848, key types 3 and 5 to 8, and 16 for resolved regular
 * expressions). A key starts with its type, a value with its version, which is 0 for all of them.
 */
import { decode, encode } from '../../../wire/index.ts'
import { ownBytes } from '../classic/member.ts'
import type { GroupRecord } from '../records.ts'
import { type TopicPartitions, toEntries, toTopicPartitions } from '../target/partitions.ts'
import type { CurrentAssignment, MemberMetadata, OwnedPartitions } from './member.ts'
import {
  Current,
  GroupKey,
  GroupMetadata,
  Member,
  MemberKey,
  Regex,
  RegexKey,
  Target,
  TargetEpoch,
} from './record-schemas.ts'

export const keyTypes = {
  consumerGroup: 3,
  consumerMember: 5,
  consumerTargetEpoch: 6,
  consumerTarget: 7,
  consumerCurrent: 8,
  consumerRegex: 16,
}

export interface ResolvedRegex {
  /** Sorted. */
  readonly topics: readonly string[]
  /** Of the metadata that it was resolved with. */
  readonly version: number
  readonly timestampMs: number
}

/** One record: what is so from then on; a value of null says that it is no more. */
export type ConsumerEntry =
  | {
      readonly kind: 'consumerGroup'
      readonly value: { readonly epoch: number; readonly metadataHash: number } | null
    }
  | { readonly kind: 'consumerMember'; readonly memberId: string; readonly value: MemberMetadata | null }
  | {
      readonly kind: 'consumerTargetEpoch'
      readonly value: { readonly assignmentEpoch: number; readonly assignmentTimestampMs: number } | null
    }
  | { readonly kind: 'consumerTarget'; readonly memberId: string; readonly value: TopicPartitions | null }
  | { readonly kind: 'consumerCurrent'; readonly memberId: string; readonly value: CurrentAssignment | null }
  | { readonly kind: 'consumerRegex'; readonly regex: string; readonly value: ResolvedRegex | null }

/** Undefined for a key type that is no consumer group's. */
export function readConsumerRecord(
  type: number,
  key: Buffer,
  value: Buffer | null,
): (ConsumerEntry & { readonly groupId: string }) | undefined {
  switch (type) {
    case keyTypes.consumerGroup: {
      const { groupId } = decode(GroupKey, 0, key)
      return { kind: 'consumerGroup', groupId, value: value && decode(GroupMetadata, 0, value) }
    }
    case keyTypes.consumerMember: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      return { kind: 'consumerMember', groupId, memberId, value: value && readMember(value) }
    }
    case keyTypes.consumerTargetEpoch: {
      const { groupId } = decode(GroupKey, 0, key)
      return { kind: 'consumerTargetEpoch', groupId, value: value && readTargetEpoch(value) }
    }
    case keyTypes.consumerTarget: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      const target = value && toTopicPartitions(decode(Target, 0, value).topicPartitions)
      return { kind: 'consumerTarget', groupId, memberId, value: target }
    }
    case keyTypes.consumerCurrent: {
      const { groupId, memberId } = decode(MemberKey, 0, key)
      return { kind: 'consumerCurrent', groupId, memberId, value: value && readCurrent(value) }
    }
    case keyTypes.consumerRegex: {
      const { groupId, regularExpression } = decode(RegexKey, 0, key)
      return { kind: 'consumerRegex', groupId, regex: regularExpression, value: value && readRegex(value) }
    }
    default:
      return undefined
  }
}

export function consumerRecord(groupId: string, entry: ConsumerEntry): GroupRecord {
  const type = keyTypes[entry.kind]
  if (entry.kind === 'consumerRegex') {
    const key = encode(RegexKey, 0, { type, groupId, regularExpression: entry.regex })
    return { key, value: encodedValue(entry) }
  }
  const key =
    'memberId' in entry
      ? encode(MemberKey, 0, { type, groupId, memberId: entry.memberId })
      : encode(GroupKey, 0, { type, groupId })
  return { key, value: encodedValue(entry) }
}

function encodedValue(entry: ConsumerEntry): Buffer | null {
  if (entry.value === null) return null
  const version = 0
  switch (entry.kind) {
    case 'consumerGroup':
      return encode(GroupMetadata, 0, { version, ...entry.value })
    case 'consumerMember':
      return memberValue(entry.value)
    case 'consumerTargetEpoch': {
      const { assignmentEpoch, assignmentTimestampMs } = entry.value
      return encode(TargetEpoch, 0, { version, assignmentEpoch, assignmentTimestamp: assignmentTimestampMs })
    }
    case 'consumerTarget':
      return encode(Target, 0, { version, topicPartitions: toEntries(entry.value) })
    case 'consumerCurrent': {
      const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = entry.value
      const assignedPartitions = ownedEntries(assigned)
      const partitionsPendingRevocation = ownedEntries(pendingRevocation)
      const fields = { version, memberEpoch, previousMemberEpoch, state }
      return encode(Current, 0, { ...fields, assignedPartitions, partitionsPendingRevocation })
    }
    case 'consumerRegex': {
      const { topics, version: metadataVersion, timestampMs: timestamp } = entry.value
      return encode(Regex, 0, { version, topics, metadataVersion, timestamp })
    }
  }
}

function memberValue(member: MemberMetadata): Buffer {
  const { groupInstanceId, classic, ...same } = member
  const classicMemberMetadata = classic && {
    sessionTimeoutMs: classic.sessionTimeoutMs,
    supportedProtocols: classic.supportedProtocols,
  }
  return encode(Member, 0, { version: 0, ...same, instanceId: groupInstanceId, classicMemberMetadata })
}

function readMember(value: Buffer): MemberMetadata {
  const { version: _, instanceId, classicMemberMetadata, ...same } = decode(Member, 0, value)
  const classic = classicMemberMetadata && {
    sessionTimeoutMs: classicMemberMetadata.sessionTimeoutMs,
    supportedProtocols: classicMemberMetadata.supportedProtocols.map(({ name, metadata }) => ({
      name,
      metadata: ownBytes(metadata),
    })),
  }
  // Kafka writes an empty text for a member without a regular expression.
  return {
    ...same,
    groupInstanceId: instanceId,
    subscribedTopicRegex: same.subscribedTopicRegex || null,
    classic,
  }
}

function readTargetEpoch(value: Buffer) {
  const { assignmentEpoch, assignmentTimestamp } = decode(TargetEpoch, 0, value)
  return { assignmentEpoch, assignmentTimestampMs: assignmentTimestamp }
}

function readCurrent(value: Buffer): CurrentAssignment {
  const current = decode(Current, 0, value)
  const { memberEpoch, previousMemberEpoch, state, assignedPartitions, partitionsPendingRevocation } = current
  return {
    memberEpoch,
    previousMemberEpoch,
    state,
    assigned: readOwned(assignedPartitions, memberEpoch),
    pendingRevocation: readOwned(partitionsPendingRevocation, memberEpoch),
  }
}

function readRegex(value: Buffer): ResolvedRegex {
  const { topics, metadataVersion, timestamp } = decode(Regex, 0, value)
  return { topics, version: metadataVersion, timestampMs: timestamp }
}

type OwnedEntries = ReturnType<typeof decode<(typeof Current)['fields']>>['assignedPartitions']

/** Kafka before 4.3 did not write down since when a partition is a member's. */
function readOwned(entries: OwnedEntries, memberEpoch: number): OwnedPartitions {
  return new Map(
    entries.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(partitions.map((partition, index) => [partition, assignmentEpochs?.[index] ?? memberEpoch])),
    ]),
  )
}

function ownedEntries(owned: OwnedPartitions) {
  return toEntries(owned).map(({ topicId, partitions }) => ({
    topicId,
    partitions,
    assignmentEpochs: partitions.map((partition) => owned.get(topicId)?.get(partition) ?? 0),
  }))
}
