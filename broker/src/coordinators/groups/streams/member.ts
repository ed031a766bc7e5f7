/** One member of a streams group: a thread of a Kafka Streams process. Members are never changed, but replaced. */
import type { OwnedPartitions } from '../consumer/member.ts'
import { samePartitions, type TopicPartitions } from '../target/partitions.ts'

/** Tasks are subtopologies and partitions: the sets of partitions of the consumer protocol, by subtopology id. */
export interface Tasks {
  readonly active: TopicPartitions
  readonly standby: TopicPartitions
  readonly warmup: TopicPartitions
}

export const roles = ['active', 'standby', 'warmup'] as const
export type Role = (typeof roles)[number]

export const NO_TASKS: Tasks = { active: new Map(), standby: new Map(), warmup: new Map() }

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface StreamsMemberMetadata {
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly topologyEpoch: number
  readonly processId: string
  readonly userEndpoint: Endpoint | null
  readonly clientTags: readonly { readonly key: string; readonly value: string }[]
}

export interface CurrentTasks {
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: number
  readonly assigned: Tasks
  /** Since which epochs the active ones are the member's (KIP-1251). */
  readonly activeSince: OwnedPartitions
  readonly pendingRevocation: Tasks
}

export interface StreamsMember extends StreamsMemberMetadata, CurrentTasks {
  readonly memberId: string
}

export const NO_CURRENT_TASKS: CurrentTasks = {
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: 0,
  assigned: NO_TASKS,
  activeSince: new Map(),
  pendingRevocation: NO_TASKS,
}

export function sameTasks(one: Tasks, other: Tasks): boolean {
  return roles.every((role) => samePartitions(one[role], other[role]))
}

export function sameCurrentTasks(one: CurrentTasks, other: CurrentTasks): boolean {
  return (
    one.memberEpoch === other.memberEpoch &&
    one.previousMemberEpoch === other.previousMemberEpoch &&
    one.state === other.state &&
    sameTasks(one.assigned, other.assigned) &&
    sameTasks(one.pendingRevocation, other.pendingRevocation)
  )
}

export function sameStreamsMetadata(one: StreamsMemberMetadata, other: StreamsMemberMetadata): boolean {
  return (
    one.groupInstanceId === other.groupInstanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.topologyEpoch === other.topologyEpoch &&
    one.processId === other.processId &&
    JSON.stringify([one.userEndpoint, one.clientTags]) ===
      JSON.stringify([other.userEndpoint, other.clientTags])
  )
}
