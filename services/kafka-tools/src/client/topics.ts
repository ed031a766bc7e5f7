/** Topics and their partitions. */
import { describeTopicPartitionsV0, listPartitionReassignmentsV0 } from '@platformatic/kafka'
import { ask, type Cluster } from './cluster.ts'
import { check, IllegalArgumentException } from './exceptions.ts'

export interface TopicName {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
}

/** A topic that a command means. */
export interface TopicFilter {
  /** A regular expression for the whole name; all topics without it. */
  readonly pattern: string | undefined
  readonly excludeInternal: boolean
}

export interface TopicPartition {
  readonly partition: number
  /** Undefined while there is none. */
  readonly leader: number | undefined
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Null from a cluster that has none (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

export interface TopicDescription extends TopicName {
  readonly partitions: readonly TopicPartition[]
}

export interface Reassignment {
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

const PARTITIONS_PER_RESPONSE = 2_000

/** All of them, by name. */
export async function listTopics(cluster: Cluster): Promise<TopicName[]> {
  const { topics } = await cluster.metadata(null, 'listTopics')
  return topics
    .filter(({ errorCode }) => errorCode === 0)
    .map(({ name, topicId, isInternal }) => ({ name: name ?? '', topicId, isInternal }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function matching(
  topics: readonly TopicName[],
  { pattern, excludeInternal }: TopicFilter,
): TopicName[] {
  const regex = pattern === undefined ? /^/ : wholeName(pattern)
  return topics.filter(({ name, isInternal }) => regex.test(name) && !(isInternal && excludeInternal))
}

/** As Kafka's tools read a pattern: commas separate alternatives, blanks and quotes around it do not count. */
function wholeName(pattern: string): RegExp {
  const cleaned = pattern
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+|["']+$/g, '')
  try {
    return new RegExp(`^(?:${cleaned})$`, 'u')
  } catch {
    throw new IllegalArgumentException(`${cleaned} is an invalid regex.`)
  }
}

/** In the order of the names; the answers come in parts. */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[],
  partitionsPerResponse = PARTITIONS_PER_RESPONSE,
): Promise<TopicDescription[]> {
  if (names.length === 0) return []
  const connection = await cluster.anyBroker('describeTopics')
  const topics = [...names].sort().map((name) => ({ name }))
  const found = new Map<string, TopicName & { partitions: TopicPartition[] }>()
  let cursor: { topicName: string; partitionIndex: number } | undefined
  do {
    const answer = await ask(describeTopicPartitionsV0.api, connection, topics, partitionsPerResponse, cursor)
    for (const { name, topicId, isInternal, errorCode, partitions } of answer.topics) {
      check(errorCode)
      const topic = found.get(name ?? '') ?? { name: name ?? '', topicId, isInternal, partitions: [] }
      found.set(topic.name, topic)
      topic.partitions.push(...partitions.map(partitionOf))
    }
    cursor = answer.nextCursor ?? undefined
  } while (cursor !== undefined)
  return [...found.values()]
}

function partitionOf(
  partition: Awaited<
    ReturnType<typeof describeTopicPartitionsV0.api.async>
  >['topics'][number]['partitions'][number],
): TopicPartition {
  return {
    partition: partition.partitionIndex,
    leader: partition.leaderId < 0 ? undefined : partition.leaderId,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownElr: partition.lastKnownElr,
  }
}

/** Those under way, by {@link partitionKey}. */
export async function reassignments(cluster: Cluster): Promise<ReadonlyMap<string, Reassignment>> {
  const connection = await cluster.anyBroker('listPartitionReassignments')
  const answer = await ask(
    listPartitionReassignmentsV0.api,
    connection,
    cluster.config.requestTimeoutMs,
    null,
  )
  check(answer.errorCode, answer.errorMessage)
  return new Map(
    answer.topics.flatMap(({ name, partitions }) =>
      partitions.map((each) => [partitionKey(name, each.partitionIndex), each] as const),
    ),
  )
}

/** As Kafka writes a partition. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Kafka's way to write an id; the library has the hexadecimal one. */
export function base64Id(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')
}
