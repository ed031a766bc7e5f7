/** `kafka-topics --describe`: a line per topic and one per partition, in Kafka's columns. */
import type { Cluster } from '../client/cluster.ts'
import { type ConfigEntry, describeConfigs, isDefault, resourceTypes } from '../client/configs.ts'
import {
  base64Id,
  describeTopics,
  partitionKey,
  type Reassignment,
  reassignments,
  type TopicDescription,
  type TopicPartition,
} from '../client/topics.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import type { Terminal } from '../tool.ts'
import { replicationReports } from './topic-options.ts'

export async function describe(
  cluster: Cluster,
  names: readonly string[],
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  const limit = options.number('partition-size-limit-per-response')
  const topics = await describeTopics(cluster, names, limit)
  const moves = await reassignments(cluster)
  const live = new Set((await cluster.brokers()).map(({ nodeId }) => nodeId))
  for (const topic of topics) {
    const configs = await describeConfigs(cluster, { type: resourceTypes.topic, name: topic.name })
    if (!options.hasAny(replicationReports)) {
      const isShown = !options.has('topics-with-overrides') || configs.some((config) => !isDefault(config))
      if (isShown) terminal.output.write(topicLine(topic, configs, moves))
    }
    if (options.has('topics-with-overrides')) continue
    for (const partition of topic.partitions) {
      const move = moves.get(partitionKey(topic.name, partition.partition))
      const details = { partition, move, minIsr: minIsrOf(configs), live }
      if (isShown(details, options)) terminal.output.write(partitionLine(topic.name, partition, move))
    }
  }
}

interface Details {
  readonly partition: TopicPartition
  readonly move: Reassignment | undefined
  readonly minIsr: number
  readonly live: ReadonlySet<number>
}

/** Without a report all partitions; with several those that one of them wants. */
function isShown({ partition, move, minIsr, live }: Details, options: ParsedOptions): boolean {
  const { leader, isr } = partition
  if (!options.hasAny(replicationReports)) return true
  return (
    (options.has('under-replicated-partitions') && replicationFactor(partition, move) > isr.length) ||
    (options.has('unavailable-partitions') && (leader === undefined || !live.has(leader))) ||
    (options.has('under-min-isr-partitions') && (leader === undefined || isr.length < minIsr)) ||
    (options.has('at-min-isr-partitions') && isr.length === minIsr)
  )
}

function topicLine(
  { name, topicId, partitions }: TopicDescription,
  configs: readonly ConfigEntry[],
  moves: ReadonlyMap<string, Reassignment>,
): string {
  const [first] = partitions
  const move = first === undefined ? undefined : moves.get(partitionKey(name, first.partition))
  const set = configs.filter((config) => !isDefault(config)).map((each) => `${each.name}=${each.value}`)
  return `${[
    `Topic: ${name}`,
    `TopicId: ${base64Id(topicId)}`,
    `PartitionCount: ${partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, move)}`,
    `Configs: ${set.join(',')}`,
  ].join('\t')}\n`
}

function partitionLine(topic: string, partition: TopicPartition, move: Reassignment | undefined): string {
  const moving =
    move === undefined
      ? []
      : [
          `Adding Replicas: ${move.addingReplicas.join(',')}`,
          `Removing Replicas: ${move.removingReplicas.join(',')}`,
        ]
  return `\t${[
    `Topic: ${topic}`,
    `Partition: ${partition.partition}`,
    `Leader: ${partition.leader ?? 'none'}`,
    `Replicas: ${partition.replicas.join(',')}`,
    `Isr: ${partition.isr.join(',')}`,
    ...moving,
    `Elr: ${partition.eligibleLeaderReplicas?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${partition.lastKnownElr?.join(',') ?? 'N/A'}`,
  ].join('\t')}\n`
}

/** While replicas move there are more of them than the topic is to have. */
function replicationFactor({ replicas }: TopicPartition, move: Reassignment | undefined): number {
  if (move === undefined) return replicas.length
  const changing = [...move.addingReplicas, ...move.removingReplicas]
  const isUnderWay = replicas.some((replica) => changing.includes(replica))
  return isUnderWay ? move.replicas.length - move.addingReplicas.length : replicas.length
}

function minIsrOf(configs: readonly ConfigEntry[]): number {
  return Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1)
}
