/** What kafka-topics changes. */
import { createPartitionsV3, createTopicsV7, deleteTopicsV6 } from '@platformatic/kafka'
import { ask, type Cluster } from '../client/cluster.ts'
import { ApiException, check, IllegalArgumentException, JavaException } from '../client/exceptions.ts'
import { describeTopics } from '../client/topics.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import type { Terminal } from '../tool.ts'

/** The broker decides. */
const DEFAULT = -1
const REPLICATION_FACTOR_MAX = 32_767

export async function createTopic(
  cluster: Cluster,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  const name = options.value('topic') ?? ''
  const configs = configsOf(options.values('config'))
  const assignment = replicaAssignment(options)
  if (/[._]/.test(name)) {
    terminal.output.write(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
        'To avoid issues it is best to use either, but not both.\n',
    )
  }
  const replicationFactor = options.number('replication-factor') ?? DEFAULT
  const partitions = options.number('partitions') ?? DEFAULT
  if (
    options.has('replication-factor') &&
    (replicationFactor < 1 || replicationFactor > REPLICATION_FACTOR_MAX)
  ) {
    throw new IllegalArgumentException('The replication factor must be between 1 and 32767 inclusive')
  }
  if (options.has('partitions') && partitions < 1) {
    throw new IllegalArgumentException('The partitions must be greater than 0')
  }
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: assignment.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs,
  }
  const connection = await cluster.anyBroker('createTopics')
  const { topics } = await ask(
    createTopicsV7.api,
    connection,
    [topic],
    cluster.config.requestTimeoutMs,
    false,
  )
  try {
    for (const { errorCode, errorMessage } of topics) check(errorCode, errorMessage)
  } catch (error) {
    const exists = error instanceof ApiException && error.error === 'TOPIC_ALREADY_EXISTS'
    if (exists && options.has('if-not-exists')) return
    throw error
  }
  terminal.output.write(`Created topic ${name}.\n`)
}

export async function alterTopics(
  cluster: Cluster,
  names: readonly string[],
  options: ParsedOptions,
): Promise<void> {
  if (names.length === 0) return
  const count = options.number('partitions') ?? DEFAULT
  const assignment = replicaAssignment(options)
  const described = assignment.length === 0 ? [] : await describeTopics(cluster, names)
  const topics = names.map((name) => {
    const partitions = described.find((each) => each.name === name)?.partitions.length ?? 0
    const added = assignment.slice(partitions).map((brokerIds) => ({ brokerIds }))
    return { name, count, assignments: assignment.length === 0 ? null : added }
  })
  const connection = await cluster.anyBroker('createPartitions')
  const { results } = await ask(
    createPartitionsV3.api,
    connection,
    topics,
    cluster.config.requestTimeoutMs,
    false,
  )
  for (const { errorCode, errorMessage } of results) check(errorCode, errorMessage)
}

export async function deleteTopics(cluster: Cluster, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const topics = names.map((name) => ({ name }))
  const connection = await cluster.anyBroker('deleteTopics')
  const { responses } = await ask(deleteTopicsV6.api, connection, topics, cluster.config.requestTimeoutMs)
  for (const { errorCode, errorMessage } of responses) check(errorCode, errorMessage)
}

function configsOf(given: readonly string[]): { name: string; value: string }[] {
  return given.map((each) => {
    const parts = each.split(/\s*=\s*/)
    while (parts.at(-1) === '') parts.pop()
    const [name, value] = parts
    if (name === undefined || value === undefined || parts.length !== 2) {
      throw new IllegalArgumentException(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      )
    }
    return { name: name.trim(), value: value.trim() }
  })
}

/** `1:2,2:3` are two partitions, the first on brokers 1 and 2. */
function replicaAssignment(options: ParsedOptions): number[][] {
  const text = options.value('replica-assignment') ?? ''
  if (text === '') return []
  const partitions = text.split(',').map((replicas) => replicas.split(':').map((id) => brokerId(id.trim())))
  partitions.forEach((replicas, partition) => {
    const duplicates = replicas.filter((id, at) => replicas.indexOf(id) !== at)
    if (duplicates.length > 0) {
      throw new JavaException(
        'org.apache.kafka.tools.AdminCommandFailedException',
        `Partition replica lists may not contain duplicate entries: ${[...new Set(duplicates)].join(',')}`,
      )
    }
    if (replicas.length !== partitions[0]?.length) {
      throw new JavaException(
        'org.apache.kafka.tools.AdminOperationException',
        `Partition ${partition} has different replication factor: [${replicas.join(', ')}]`,
      )
    }
  })
  return partitions
}

function brokerId(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text)
  throw new JavaException('java.lang.NumberFormatException', `For input string: "${text}"`)
}
