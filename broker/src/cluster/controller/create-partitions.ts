/** CreatePartitions (37): topics only grow. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClusterView, TopicImage } from '../image-types.ts'
import type { Placement } from '../placement.ts'
import type { MetadataRecord } from '../records.ts'
import {
  checkManualAssignment,
  checkPartitionCount,
  checkReplicationFactor,
  newPartition,
  placementOf,
} from './assignments.ts'
import {
  attempt,
  type ControllerContext,
  type CountMutations,
  type Decision,
  failure,
  type Outcome,
  repeated,
  SUCCESS,
} from './decision.ts'

export interface GrowableTopic {
  readonly name: string
  /** The number of partitions afterwards. */
  readonly count: number
  /** The replicas of each new partition, if the client places them itself. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

export interface CreatePartitionsRequest {
  readonly topics: readonly GrowableTopic[]
  readonly validateOnly: boolean
  readonly countMutations?: CountMutations
}

export interface GrownTopic extends Outcome {
  readonly name: string
}

export function createPartitions(
  view: ClusterView,
  { topics, validateOnly, countMutations }: CreatePartitionsRequest,
  context: ControllerContext,
): Decision<readonly GrownTopic[]> {
  const duplicates = repeated(topics.map(({ name }) => name))
  const placement = placementOf(view, context.random)
  const records: MetadataRecord[] = []
  const reply = [...duplicates].map(
    (name): GrownTopic => ({
      name,
      ...failure(new KafkaError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')),
    }),
  )
  for (const topic of topics) {
    if (duplicates.has(topic.name)) continue
    const outcome = attempt(() => {
      const added = grow(view, placement, topic, records.length)
      countMutations?.(added.length)
      records.push(...added)
      return SUCCESS
    }, failure)
    reply.push({ name: topic.name, ...outcome })
  }
  return { records: validateOnly ? [] : records, reply }
}

function grow(
  view: ClusterView,
  placement: Placement,
  { name, count, assignments }: GrowableTopic,
  addedBefore: number,
): MetadataRecord[] {
  const topic = view.topics.get(name)
  if (topic === undefined) {
    throw new KafkaError(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      'This server does not host this topic-partition.',
    )
  }
  const before = topic.partitions.length
  checkGrowth(name, before, count)
  const additional = count - before
  checkPartitionCount(addedBefore + additional)
  const replicas =
    assignments === null
      ? place(view, placement, topic, additional)
      : manual(view, placement, topic, additional, assignments)
  return replicas.map((brokerIds, at) => newPartition(view, topic.topicId, before + at, brokerIds))
}

function checkGrowth(name: string, before: number, count: number): void {
  if (count > before) return
  throw new KafkaError(
    ErrorCode.INVALID_PARTITIONS,
    count === before
      ? `Topic already has ${before} partition(s).`
      : `The topic ${name} currently has ${before} partition(s); ${count} would not be an increase.`,
  )
}

function place(
  view: ClusterView,
  placement: Placement,
  topic: TopicImage,
  additional: number,
): readonly (readonly number[])[] {
  const replicationFactor = replicationFactorOf(topic)
  checkReplicationFactor(view, replicationFactor)
  const existing = topic.partitions.map(({ replicas }) => replicas)
  return placement.place({ existing, count: additional, replicationFactor })
}

function manual(
  view: ClusterView,
  placement: Placement,
  topic: TopicImage,
  additional: number,
  assignments: readonly { readonly brokerIds: readonly number[] }[],
): readonly (readonly number[])[] {
  if (assignments.length !== additional) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) ` +
        'were specified.',
    )
  }
  for (const { brokerIds } of assignments) checkManualAssignment(view, brokerIds, replicationFactorOf(topic))
  for (const { brokerIds } of assignments) placement.count(brokerIds)
  return assignments.map(({ brokerIds }) => brokerIds)
}

/** That of its first partition, as in Kafka. */
function replicationFactorOf({ partitions }: TopicImage): number {
  return partitions[0]?.replicas.length ?? 1
}
