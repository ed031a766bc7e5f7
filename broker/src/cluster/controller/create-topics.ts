/** CreateTopics (19): each topic succeeds or fails by itself. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import { type DescribedConfig, describeTopicConfig } from '../configs/describe.ts'
import { configSources } from '../configs/resolve.ts'
import type { ClusterView } from '../image-types.ts'
import type { Placement } from '../placement.ts'
import { ConfigResourceType, type MetadataRecord, type RecordOf } from '../records.ts'
import { invalidTopicName, normalizedTopicName } from '../topic-names.ts'
import {
  checkManualAssignment,
  checkPartitionCount,
  checkReplicationFactor,
  newPartition,
  placementOf,
} from './assignments.ts'
import { checkTopicTogether } from './config-checks.ts'
import { settableValue } from './config-values.ts'
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

export interface CreatableTopic {
  readonly name: string
  /** -1 for the default. */
  readonly numPartitions: number
  /** -1 for the default. */
  readonly replicationFactor: number
  /** Empty unless the client places the replicas itself. */
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface CreateTopicsRequest {
  readonly topics: readonly CreatableTopic[]
  readonly validateOnly: boolean
  readonly countMutations?: CountMutations
}

export interface CreatedTopic extends Outcome {
  readonly name: string
  readonly topicId: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: readonly DescribedConfig[]
}

export function createTopics(
  view: ClusterView,
  { topics, validateOnly, countMutations }: CreateTopicsRequest,
  context: ControllerContext,
): Decision<readonly CreatedTopic[]> {
  const duplicates = repeated(topics.map(({ name }) => name))
  const request: Request = {
    view,
    context,
    countMutations,
    placement: placementOf(view, context.random),
    names: new Map(),
    partitionCount: 0,
  }
  const records: MetadataRecord[] = []
  const reply: CreatedTopic[] = [...duplicates].map((name) =>
    failed(name, new KafkaError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')),
  )
  for (const topic of topics) {
    if (duplicates.has(topic.name)) continue
    const result = attempt(
      () => createTopic(request, topic),
      (error) => ({ records: [], reply: failed(topic.name, error) }),
    )
    records.push(...result.records)
    reply.push(result.reply)
  }
  return { records: validateOnly ? [] : records, reply }
}

/** What the topics of one request share. */
interface Request {
  readonly view: ClusterView
  readonly context: ControllerContext
  readonly countMutations: CountMutations | undefined
  readonly placement: Placement
  /** New topics by normalized name. */
  readonly names: Map<string, string>
  partitionCount: number
}

function createTopic(request: Request, topic: CreatableTopic): Decision<CreatedTopic> {
  const { view, context } = request
  checkName(request, topic.name)
  const configs = new Map(topic.configs.map(({ name, value }) => [name, topicConfigValue(name, value)]))
  const sources = configSources(view, context.staticOverrides)
  checkTopicTogether(configs, sources)
  const topicId = context.newUuid()
  const partitions = newPartitions(request, topicId, topic)
  request.countMutations?.(partitions.length)
  request.names.set(normalizedTopicName(topic.name), topic.name)
  const records: MetadataRecord[] = [{ type: 'Topic', name: topic.name, topicId }]
  for (const [name, value] of configs) {
    records.push({
      type: 'Config',
      resourceType: ConfigResourceType.TOPIC,
      resourceName: topic.name,
      name,
      value,
    })
  }
  return {
    records: [...records, ...partitions],
    reply: {
      name: topic.name,
      topicId,
      ...SUCCESS,
      numPartitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
      configs: describeTopicConfig(configs, sources),
    },
  }
}

function checkName({ view, names }: Request, name: string): void {
  const reason = invalidTopicName(name)
  if (reason !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
  if (name === '__cluster_metadata') {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `Creation of internal topic ${name} is prohibited.`)
  }
  if (view.topics.has(name)) {
    throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  const colliding = view.collidingTopics(name)[0] ?? names.get(normalizedTopicName(name))
  if (colliding !== undefined) {
    throw new KafkaError(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic '${name}' collides with existing topic: ${colliding}`,
    )
  }
}

function topicConfigValue(name: string, value: string | null): string {
  if (value === null) {
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${name}`)
  }
  return settableValue(ConfigResourceType.TOPIC, name, value)
}

function newPartitions(request: Request, topicId: string, topic: CreatableTopic): RecordOf<'Partition'>[] {
  const { view, placement } = request
  const isManual = topic.assignments.length > 0
  const assignments = isManual ? manualAssignments(request, topic) : placedAssignments(request, topic)
  const partitions = assignments.map((brokerIds, at) => newPartition(view, topicId, at, brokerIds))
  // What the placement chose it has counted itself.
  if (isManual) for (const brokerIds of assignments) placement.count(brokerIds)
  request.partitionCount += partitions.length
  return partitions
}

function manualAssignments(
  { view, partitionCount }: Request,
  topic: CreatableTopic,
): readonly (readonly number[])[] {
  if (topic.replicationFactor !== -1) throw mixed('replication factor')
  if (topic.numPartitions !== -1) throw mixed('numPartitions')
  checkPartitionCount(partitionCount + topic.assignments.length)
  const byIndex = new Map<number, readonly number[]>()
  let replicationFactor: number | undefined
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      throw new KafkaError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    checkManualAssignment(view, brokerIds, replicationFactor)
    replicationFactor = brokerIds.length
    byIndex.set(partitionIndex, brokerIds)
  }
  return Array.from({ length: byIndex.size }, (_, at) => {
    const brokerIds = byIndex.get(at)
    if (brokerIds !== undefined) return brokerIds
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      'partitions should be a consecutive 0-based integer sequence',
    )
  })
}

function mixed(what: string): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_REQUEST,
    `A manual partition assignment was specified, but ${what} was not set to -1.`,
  )
}

function placedAssignments(
  { view, context, placement, partitionCount }: Request,
  topic: CreatableTopic,
): readonly (readonly number[])[] {
  const { settings } = context
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const count = topic.numPartitions === -1 ? settings['num.partitions'] : topic.numPartitions
  const replicationFactor =
    topic.replicationFactor === -1 ? settings['default.replication.factor'] : topic.replicationFactor
  checkPartitionCount(partitionCount + count)
  checkReplicationFactor(view, replicationFactor)
  return placement.place({ existing: [], count, replicationFactor })
}

function failed(name: string, error: KafkaError): CreatedTopic {
  return {
    name,
    topicId: ZERO_UUID,
    ...failure(error),
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}
