/** The records of a streams group in Kafka's formats (KIP-1071, key types 17 and 19 to 23). */
import { decode, encode } from '../../../wire/index.ts'
import type { OwnedPartitions } from '../consumer/member.ts'
import { GroupKey, MemberKey, TargetEpoch } from '../consumer/record-schemas.ts'
import type { GroupRecord } from '../records.ts'
import { addTo, type Partitions, type TopicPartitions, toEntries } from '../target/partitions.ts'
import type { CurrentTasks, StreamsMemberMetadata, Tasks } from './member.ts'
import { Current, GroupMetadata, Member, Target, TopologyValue } from './record-schemas.ts'
import type { Topology } from './topology.ts'

export const keyTypes = {
  streamsGroup: 17,
  streamsMember: 19,
  streamsTargetEpoch: 20,
  streamsTarget: 21,
  streamsCurrent: 22,
  streamsTopology: 23,
}

export interface StreamsGroupValue {
  readonly epoch: number
  readonly metadataHash: number
  readonly validatedTopologyEpoch: number
  /** What the last target assignment was made with. */
  readonly assignmentConfigs: readonly { readonly key: string; readonly value: string }[]
}

/** One record: what is so from then on; a value of null says that it is no more. */
export type StreamsEntry =
  | { readonly kind: 'streamsGroup'; readonly value: StreamsGroupValue | null }
  | {
      readonly kind: 'streamsMember'
      readonly memberId: string
      readonly value: StreamsMemberMetadata | null
    }
  | {
      readonly kind: 'streamsTargetEpoch'
      readonly value: { readonly assignmentEpoch: number; readonly assignmentTimestampMs: number } | null
    }
  | { readonly kind: 'streamsTarget'; readonly memberId: string; readonly value: Tasks | null }
  | { readonly kind: 'streamsCurrent'; readonly memberId: string; readonly value: CurrentTasks | null }
  | { readonly kind: 'streamsTopology'; readonly value: Topology | null }

/** Undefined for a key type that is no streams group's. */
export function readStreamsRecord(
  type: number,
  key: Buffer,
  value: Buffer | null,
): (StreamsEntry & { readonly groupId: string }) | undefined {
  switch (type) {
    case keyTypes.streamsGroup:
      return { kind: 'streamsGroup', ...decodeGroupKey(key), value: value && readGroup(value) }
    case keyTypes.streamsMember:
      return { kind: 'streamsMember', ...decodeMemberKey(key), value: value && readMember(value) }
    case keyTypes.streamsTargetEpoch:
      return { kind: 'streamsTargetEpoch', ...decodeGroupKey(key), value: value && readTargetEpoch(value) }
    case keyTypes.streamsTarget:
      return { kind: 'streamsTarget', ...decodeMemberKey(key), value: value && readTarget(value) }
    case keyTypes.streamsCurrent:
      return { kind: 'streamsCurrent', ...decodeMemberKey(key), value: value && readCurrent(value) }
    case keyTypes.streamsTopology:
      return { kind: 'streamsTopology', ...decodeGroupKey(key), value: value && readTopology(value) }
    default:
      return undefined
  }
}

export function streamsRecord(groupId: string, entry: StreamsEntry): GroupRecord {
  const type = keyTypes[entry.kind]
  const key =
    'memberId' in entry
      ? encode(MemberKey, 0, { type, groupId, memberId: entry.memberId })
      : encode(GroupKey, 0, { type, groupId })
  return { key, value: encodedValue(entry) }
}

function encodedValue(entry: StreamsEntry): Buffer | null {
  if (entry.value === null) return null
  const version = 0
  switch (entry.kind) {
    case 'streamsGroup': {
      const { assignmentConfigs: lastAssignmentConfigs, ...same } = entry.value
      return encode(GroupMetadata, 0, { version, ...same, lastAssignmentConfigs })
    }
    case 'streamsMember': {
      const { groupInstanceId: instanceId, ...same } = entry.value
      return encode(Member, 0, { version, ...same, instanceId })
    }
    case 'streamsTargetEpoch': {
      const { assignmentEpoch, assignmentTimestampMs } = entry.value
      return encode(TargetEpoch, 0, { version, assignmentEpoch, assignmentTimestamp: assignmentTimestampMs })
    }
    case 'streamsTarget':
      return encode(Target, 0, { version, ...taskFields(entry.value) })
    case 'streamsCurrent':
      return currentValue(entry.value)
    case 'streamsTopology':
      return encode(TopologyValue, 0, { version, ...entry.value })
  }
}

function currentValue(current: CurrentTasks): Buffer {
  const { memberEpoch, previousMemberEpoch, state, assigned, activeSince, pendingRevocation } = current
  const { activeTasks, standbyTasks, warmupTasks } = taskFields(assigned)
  const pending = taskFields(pendingRevocation)
  return encode(Current, 0, {
    ...{ version: 0, memberEpoch, previousMemberEpoch, state, standbyTasks, warmupTasks },
    activeTasks: activeTasks.map(({ subtopologyId, partitions }) => ({
      subtopologyId,
      partitions,
      assignmentEpochs: partitions.map((partition) => activeSince.get(subtopologyId)?.get(partition) ?? 0),
    })),
    activeTasksPendingRevocation: pending.activeTasks,
    standbyTasksPendingRevocation: pending.standbyTasks,
    warmupTasksPendingRevocation: pending.warmupTasks,
  })
}

export interface TaskEntry {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export function toTaskEntries(tasks: Partitions): { subtopologyId: string; partitions: number[] }[] {
  return toEntries(tasks).map(({ topicId, partitions }) => ({ subtopologyId: topicId, partitions }))
}

export function fromTaskEntries(entries: readonly TaskEntry[]): TopicPartitions {
  const tasks = new Map<string, Set<number>>()
  for (const { subtopologyId, partitions } of entries) {
    for (const partition of partitions) addTo(tasks, subtopologyId, partition)
  }
  return tasks
}

export function taskFields({ active, standby, warmup }: Tasks) {
  return {
    activeTasks: toTaskEntries(active),
    standbyTasks: toTaskEntries(standby),
    warmupTasks: toTaskEntries(warmup),
  }
}

function decodeGroupKey(key: Buffer): { groupId: string } {
  const { groupId } = decode(GroupKey, 0, key)
  return { groupId }
}

function decodeMemberKey(key: Buffer): { groupId: string; memberId: string } {
  const { groupId, memberId } = decode(MemberKey, 0, key)
  return { groupId, memberId }
}

function readGroup(value: Buffer): StreamsGroupValue {
  const { epoch, metadataHash, validatedTopologyEpoch, lastAssignmentConfigs } = decode(
    GroupMetadata,
    0,
    value,
  )
  return { epoch, metadataHash, validatedTopologyEpoch, assignmentConfigs: lastAssignmentConfigs ?? [] }
}

function readMember(value: Buffer): StreamsMemberMetadata {
  const { version: _, instanceId, ...same } = decode(Member, 0, value)
  return { ...same, groupInstanceId: instanceId }
}

function readTargetEpoch(value: Buffer) {
  const { assignmentEpoch, assignmentTimestamp } = decode(TargetEpoch, 0, value)
  return { assignmentEpoch, assignmentTimestampMs: assignmentTimestamp }
}

function readTarget(value: Buffer): Tasks {
  const { activeTasks, standbyTasks, warmupTasks } = decode(Target, 0, value)
  return toTasks(activeTasks, standbyTasks, warmupTasks)
}

function readCurrent(value: Buffer): CurrentTasks {
  const current = decode(Current, 0, value)
  const { memberEpoch, previousMemberEpoch, state, activeTasks, standbyTasks, warmupTasks } = current
  const activeSince: OwnedPartitions = new Map(
    activeTasks.map(({ subtopologyId, partitions, assignmentEpochs }) => [
      subtopologyId,
      new Map(partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? memberEpoch])),
    ]),
  )
  const pendingRevocation = toTasks(
    current.activeTasksPendingRevocation,
    current.standbyTasksPendingRevocation,
    current.warmupTasksPendingRevocation,
  )
  const assigned = toTasks(activeTasks, standbyTasks, warmupTasks)
  return { memberEpoch, previousMemberEpoch, state, assigned, activeSince, pendingRevocation }
}

export function toTasks(
  active: readonly TaskEntry[],
  standby: readonly TaskEntry[],
  warmup: readonly TaskEntry[],
): Tasks {
  return {
    active: fromTaskEntries(active),
    standby: fromTaskEntries(standby),
    warmup: fromTaskEntries(warmup),
  }
}

function readTopology(value: Buffer): Topology {
  const { epoch, subtopologies } = decode(TopologyValue, 0, value)
  return { epoch, subtopologies }
}
