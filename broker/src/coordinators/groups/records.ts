/**
 * The records of `__consumer_offsets` in Kafka's formats: committed offsets (key types 0 and 1) and classic
 * groups (key type 2). A key starts with its type, a value with its version. Written are the versions that
 * Kafka 4.3 writes; read are all.
 */
import { decode, encode, message, t, WireError } from '../../wire/index.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { metadataOf } from './classic/member.ts'
import { type ConsumerEntry, readConsumerRecord } from './consumer/records.ts'
import type { CommittedOffset } from './offsets/group-offsets.ts'
import { readShareRecord, type ShareEntry } from './share/records.ts'
import { readStreamsRecord, type StreamsEntry } from './streams/records.ts'

export interface GroupRecord {
  readonly key: Buffer
  /** Null removes what was kept under the key. */
  readonly value: Buffer | null
}

export const keyTypes = { legacyOffsetCommit: 0, offsetCommit: 1, groupMetadata: 2 }
const GROUP_METADATA_VERSION = 3
const OFFSET_COMMIT_VERSION = 4
/** The one version that can keep an expiry of its own. */
const OFFSET_COMMIT_WITH_EXPIRY_VERSION = 1

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: { type: t.int16(), group: t.string(), topic: t.string(), partition: t.int32() },
})

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    version: t.int16(),
    offset: t.int64(),
    leaderEpoch: t.int32({ since: 3, default: -1, ignorable: true }),
    metadata: t.string(),
    commitTimestamp: t.int64(),
    expireTimestamp: t.int64({ since: 1, until: 1, default: -1, ignorable: true }),
    topicId: t.uuid({ since: 4, tag: 0, ignorable: true }),
  },
})

export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: { type: t.int16(), group: t.string() },
})

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    version: t.int16(),
    protocolType: t.string(),
    generation: t.int32(),
    protocol: t.string({ nullable: 0 }),
    leader: t.string({ nullable: 0 }),
    currentStateTimestamp: t.int64({ since: 2, default: -1, ignorable: true }),
    members: t.array({
      memberId: t.string(),
      groupInstanceId: t.string({ since: 3, nullable: 3, default: null, ignorable: true }),
      clientId: t.string(),
      clientHost: t.string(),
      rebalanceTimeout: t.int32({ since: 1, default: -1, ignorable: true }),
      sessionTimeout: t.int32(),
      subscription: t.bytes(),
      assignment: t.bytes(),
    }),
  },
})

export type GroupMetadata = ReturnType<typeof readGroupMetadata>

export type Entry =
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: CommittedOffset | null
    }
  | { readonly kind: 'group'; readonly groupId: string; readonly value: GroupMetadata | null }
  | (ConsumerEntry & { readonly groupId: string })
  | (ShareEntry & { readonly groupId: string })
  | (StreamsEntry & { readonly groupId: string })
  | { readonly kind: 'other'; readonly type: number }

/** What a record says; one of a key type that nobody here knows is `other`. */
export function readRecord(key: Buffer, value: Buffer | null): Entry {
  const type = int16At(key)
  switch (type) {
    case keyTypes.legacyOffsetCommit:
    case keyTypes.offsetCommit: {
      const { group, topic, partition } = decode(OffsetCommitKey, 0, key)
      return { kind: 'offset', groupId: group, topic, partition, value: value && readOffsetCommit(value) }
    }
    case keyTypes.groupMetadata: {
      const { group } = decode(GroupMetadataKey, 0, key)
      return { kind: 'group', groupId: group, value: value && readGroupMetadata(value) }
    }
    default:
      return (
        readConsumerRecord(type, key, value) ??
        readShareRecord(type, key, value) ??
        readStreamsRecord(type, key, value) ?? { kind: 'other', type }
      )
  }
}

export function offsetCommitRecord(
  groupId: string,
  topic: string,
  partition: number,
  committed: CommittedOffset,
): GroupRecord {
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = committed
  const version = expireTimestampMs < 0 ? OFFSET_COMMIT_VERSION : OFFSET_COMMIT_WITH_EXPIRY_VERSION
  const value = encode(OffsetCommitValue, version, {
    version,
    offset,
    leaderEpoch,
    metadata,
    commitTimestamp: commitTimestampMs,
    expireTimestamp: expireTimestampMs,
    topicId,
  })
  return { key: offsetCommitKey(groupId, topic, partition), value }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { key: offsetCommitKey(groupId, topic, partition), value: null }
}

/** Writes down a group as it is now. */
export function persistGroup({ records }: { records: GroupRecord[] }, group: ClassicGroup): void {
  const value = encode(GroupMetadataValue, GROUP_METADATA_VERSION, {
    version: GROUP_METADATA_VERSION,
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment: member.assignment,
    })),
  })
  records.push({ key: groupMetadataKey(group.groupId), value })
  group.isPersisted = true
}

export function groupTombstone(groupId: string): GroupRecord {
  return { key: groupMetadataKey(groupId), value: null }
}

function offsetCommitKey(group: string, topic: string, partition: number): Buffer {
  return encode(OffsetCommitKey, 0, { type: keyTypes.offsetCommit, group, topic, partition })
}

function groupMetadataKey(group: string): Buffer {
  return encode(GroupMetadataKey, 0, { type: keyTypes.groupMetadata, group })
}

function readOffsetCommit(value: Buffer): CommittedOffset {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = decode(
    OffsetCommitValue,
    int16At(value),
    value,
  )
  return {
    offset,
    leaderEpoch,
    metadata,
    commitTimestampMs: commitTimestamp,
    expireTimestampMs: expireTimestamp,
    topicId,
  }
}

function readGroupMetadata(value: Buffer) {
  return decode(GroupMetadataValue, int16At(value), value)
}

function int16At(buffer: Buffer): number {
  if (buffer.length < 2) throw new WireError(`a record of ${buffer.length} bytes names no type or version`)
  return buffer.readInt16BE(0)
}
