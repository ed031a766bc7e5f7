/** Consumer groups: of the classic protocol, and of the one of KIP-848. */
import {
  consumerGroupDescribeV0,
  decodeConsumerProtocolAssignment,
  describeGroupsV5,
  listGroupsV5,
  offsetCommitV9,
  offsetFetchV9,
} from '@platformatic/kafka'
import { ask, type Cluster, type Node } from './cluster.ts'
import { ApiException, check } from './exceptions.ts'
import { partitionKey } from './topics.ts'

export interface ListedGroup {
  readonly groupId: string
  /** `classic` or `consumer`. */
  readonly groupType: string
  readonly state: string
}

export interface Partition {
  readonly topic: string
  readonly partition: number
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly Partition[]
  /** What the group's coordinator wants it to have; empty in a classic group. */
  readonly targetAssignment: readonly Partition[]
  /** Undefined in a classic group. */
  readonly epoch: number | undefined
}

export interface ConsumerGroup {
  readonly groupId: string
  readonly state: string
  readonly coordinator: Node
  readonly assignor: string
  readonly members: readonly GroupMember[]
  /** Undefined in a classic group. */
  readonly epoch: number | undefined
  readonly targetAssignmentEpoch: number | undefined
}

export interface CommittedOffset extends Partition {
  readonly offset: bigint
  /** Undefined if the one who committed it did not know. */
  readonly leaderEpoch: number | undefined
}

const CONSUMER_PROTOCOL = 'consumer'

/** Those of consumers, from all brokers, by id. */
export async function listGroups(cluster: Cluster): Promise<ListedGroup[]> {
  const lists = await Promise.all((await cluster.brokers()).map((broker) => groupsOf(cluster, broker)))
  return lists.flat().sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

function groupsOf(cluster: Cluster, broker: Node): Promise<ListedGroup[]> {
  return cluster.retrying('listGroups', async () => {
    const connection = await cluster.connect(broker)
    const { errorCode, groups } = await ask(listGroupsV5.api, connection, [], ['classic', 'consumer'])
    check(errorCode)
    return groups
      .filter(({ protocolType }) => protocolType === CONSUMER_PROTOCOL || protocolType === '')
      .map(({ groupId, groupType, groupState }) => ({ groupId, groupType, state: groupState }))
  })
}

export function describeGroup(cluster: Cluster, groupId: string): Promise<ConsumerGroup> {
  return cluster.withCoordinator(groupId, 'describeConsumerGroups', async (connection, coordinator) => {
    const { groups } = await ask(consumerGroupDescribeV0.api, connection, [groupId], false)
    const [group] = groups
    if (group === undefined) throw new ApiException(-1)
    if (isNotOfThisProtocol(group.errorCode)) {
      const classic = await ask(describeGroupsV5.api, connection, [groupId], false)
      return classicGroup(classic.groups[0], coordinator)
    }
    check(group.errorCode, group.errorMessage)
    const members = group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId ?? '',
      clientId: member.clientId,
      host: member.clientHost,
      assignment: partitionsOf(member.assignment.topicPartitions),
      targetAssignment: partitionsOf(member.targetAssignment.topicPartitions),
      epoch: member.memberEpoch,
    }))
    const { groupState: state, assignorName: assignor, groupEpoch, assignmentEpoch } = group
    return {
      groupId,
      state,
      coordinator,
      assignor,
      members,
      epoch: groupEpoch,
      targetAssignmentEpoch: assignmentEpoch,
    }
  })
}

const GROUP_ID_NOT_FOUND = 69
const UNSUPPORTED_VERSION = 35

function isNotOfThisProtocol(errorCode: number): boolean {
  return errorCode === GROUP_ID_NOT_FOUND || errorCode === UNSUPPORTED_VERSION
}

function classicGroup(
  group: describeGroupsV5.DescribeGroupsResponseGroup | undefined,
  coordinator: Node,
): ConsumerGroup {
  if (group === undefined) throw new ApiException(-1)
  const { groupId, errorCode, groupState: state, protocolData: assignor } = group
  check(errorCode)
  // Kafka 4 calls a group dead that never was.
  if (state === 'Dead') throw new ApiException(GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  const members = group.members.map((member) => ({
    memberId: member.memberId,
    instanceId: member.groupInstanceId ?? '',
    clientId: member.clientId,
    host: member.clientHost,
    assignment: classicAssignment(member.memberAssignment),
    targetAssignment: [],
    epoch: undefined,
  }))
  return {
    groupId,
    state,
    coordinator,
    assignor,
    members,
    epoch: undefined,
    targetAssignmentEpoch: undefined,
  }
}

function partitionsOf(topics: readonly { topicName: string; partitions: readonly number[] }[]): Partition[] {
  return topics.flatMap(({ topicName, partitions }) =>
    partitions.map((partition) => ({ topic: topicName, partition })),
  )
}

function classicAssignment(bytes: Buffer): Partition[] {
  if (bytes.length === 0) return []
  return decodeConsumerProtocolAssignment(bytes).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

/** All that the group has committed, by {@link partitionKey}. */
export function committedOffsets(
  cluster: Cluster,
  groupId: string,
): Promise<ReadonlyMap<string, CommittedOffset>> {
  return cluster.withCoordinator(groupId, 'listConsumerGroupOffsets', async (connection) => {
    const { groups } = await ask(
      offsetFetchV9.api,
      connection,
      [{ groupId, memberId: null, memberEpoch: -1, topics: null }],
      false,
    )
    for (const { errorCode } of groups) check(errorCode)
    const offsets = groups.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => {
          check(each.errorCode)
          const leaderEpoch = each.committedLeaderEpoch < 0 ? undefined : each.committedLeaderEpoch
          return { topic: name, partition: each.partitionIndex, offset: each.committedOffset, leaderEpoch }
        }),
      ),
    )
    return new Map(
      offsets
        .filter(({ offset }) => offset >= 0n)
        .map((each) => [partitionKey(each.topic, each.partition), each] as const),
    )
  })
}

/** For a group without members. */
export function commitOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly (Partition & { readonly offset: bigint })[],
): Promise<void> {
  return cluster.withCoordinator(groupId, 'alterConsumerGroupOffsets', async (connection) => {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: '',
      })),
    }))
    const answer = await ask(offsetCommitV9.api, connection, groupId, -1, '', null, topics)
    for (const { partitions } of answer.topics) for (const { errorCode } of partitions) check(errorCode)
  })
}
