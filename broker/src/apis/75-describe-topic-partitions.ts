/**
 * DescribeTopicPartitions (75): topics and partitions page by page, with the eligible leader replicas
 * (KIP-966).
 */

import { invalidTopicName, isInternalTopic, type PartitionImage } from '../cluster/index.ts'
import type { BrokerServices, RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t, ZERO_UUID } from '../wire/index.ts'
import { NOT_REQUESTED, TOPIC_OPERATIONS, unavailableReplicas } from './cluster-facts.ts'

/** Where the next page begins. */
const cursor = { topicName: t.string(), partitionIndex: t.int32() }

export const DescribeTopicPartitionsApi = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: t.array({ name: t.string() }),
    responsePartitionLimit: t.int32({ default: 2000 }),
    cursor: t.struct(cursor, { nullable: 0, default: null }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    topics: t.array({
      errorCode: t.int16(),
      name: t.string({ nullable: 0 }),
      topicId: t.uuid(),
      isInternal: t.bool({ default: false }),
      partitions: t.array({
        errorCode: t.int16(),
        partitionIndex: t.int32(),
        leaderId: t.int32(),
        leaderEpoch: t.int32({ default: -1 }),
        replicaNodes: t.array(t.int32()),
        isrNodes: t.array(t.int32()),
        eligibleLeaderReplicas: t.array(t.int32(), { nullable: 0, default: null }),
        lastKnownElr: t.array(t.int32(), { nullable: 0, default: null }),
        offlineReplicas: t.array(t.int32()),
      }),
      topicAuthorizedOperations: t.int32({ default: -2147483648 }),
    }),
    nextCursor: t.struct(cursor, { nullable: 0, default: null }),
  },
})

export type DescribeTopicPartitionsRequest = Infer<typeof DescribeTopicPartitionsApi.request>
export type DescribeTopicPartitionsResponse = Infer<typeof DescribeTopicPartitionsApi.response>

/** Describes topics page by page, in the order of their names (KIP-966). */
export function handleDescribeTopicPartitions(
  context: RequestContext,
  request: DescribeTopicPartitionsRequest,
) {
  const { broker } = context
  const { cursor } = request
  if (cursor !== null && cursor.partitionIndex < 0) {
    const topics = request.topics.map(({ name }) => failedTopic(name, ErrorCode.INVALID_REQUEST))
    return { throttleTimeMs: 0, topics, nextCursor: null }
  }
  const all = request.topics.length === 0
  const names = all
    ? [...broker.cluster.topics.keys()]
    : [...new Set(request.topics.map((topic) => topic.name))]
  const page = new Page(Math.min(Math.max(request.responsePartitionLimit, 1), PARTITIONS_PER_PAGE_MAX))
  for (const name of names.sort()) {
    if (cursor !== null && name < cursor.topicName) continue
    const first = cursor !== null && name === cursor.topicName ? cursor.partitionIndex : 0
    if (!page.add(broker, name, first)) break
  }
  return { throttleTimeMs: 0, topics: page.topics, nextCursor: page.nextCursor }
}

/** `max.request.partition.size.limit` */
const PARTITIONS_PER_PAGE_MAX = 2000

type DescribedTopic = DescribeTopicPartitionsResponse['topics'][number]

class Page {
  readonly topics: DescribedTopic[] = []
  nextCursor: { topicName: string; partitionIndex: number } | null = null
  #room: number

  constructor(partitionsMax: number) {
    this.#room = partitionsMax
  }

  /** Adds as much of the topic as there is room for; returns whether all of it. */
  add(broker: BrokerServices, name: string, firstPartition: number): boolean {
    const topic = broker.cluster.topics.get(name)
    if (topic === undefined) {
      this.topics.push(unknownTopic(name))
      return true
    }
    if (this.#room === 0) {
      this.nextCursor = { topicName: name, partitionIndex: firstPartition }
      return false
    }
    const end = Math.min(topic.partitions.length, firstPartition + this.#room)
    const partitions = topic.partitions
      .slice(firstPartition, end)
      .map((each) => describePartition(broker, each))
    this.#room -= partitions.length
    this.topics.push({
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.topicId,
      isInternal: isInternalTopic(name),
      partitions,
      topicAuthorizedOperations: TOPIC_OPERATIONS,
    })
    if (end === topic.partitions.length) return true
    this.nextCursor = { topicName: name, partitionIndex: end }
    return false
  }
}

function unknownTopic(name: string): DescribedTopic {
  const errorCode =
    invalidTopicName(name) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION
  return failedTopic(name, errorCode)
}

function failedTopic(name: string, errorCode: number): DescribedTopic {
  return {
    errorCode,
    name,
    topicId: ZERO_UUID,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: NOT_REQUESTED,
  }
}

function describePartition(broker: BrokerServices, partition: PartitionImage) {
  return {
    errorCode: partition.leader < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.partitionId,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    eligibleLeaderReplicas: [...partition.eligibleLeaderReplicas],
    lastKnownElr: [...partition.lastKnownElr],
    offlineReplicas: unavailableReplicas(broker, partition),
  }
}
