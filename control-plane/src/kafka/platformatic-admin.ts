import type * as Kafka from '@platformatic/kafka'
import {
  type ConfigChanges,
  type ConfigEntry,
  type Endpoint,
  type KafkaAdmin,
  KafkaAdminError,
  type NewTopic,
  type OngoingReassignment,
  type ReplicaMove,
  sizeKey,
  type Topology,
  type UseKafka,
} from './admin.ts'

/**
 * The administrator's requests over @platformatic/kafka. Its single requests are used, not its Admin client, which
 * has no reassignments and keeps connections and metadata of its own. The library is loaded at the first use: a
 * control plane that nobody asks about topics does without its memory.
 */
export const useKafka: UseKafka = async (endpoints, task) => {
  const kafka = await import('@platformatic/kafka')
  let failure: KafkaAdminError | undefined
  for (const endpoint of endpoints) {
    const connection = new kafka.Connection(CLIENT_ID, TIMEOUTS)
    try {
      await connection.connect(endpoint.host, endpoint.port)
    } catch (error) {
      failure = unreachable(endpoint, error)
      continue
    }
    try {
      return await task(adminOn(kafka, connection))
    } catch (error) {
      throw asAdminError(error)
    } finally {
      await connection.close()
    }
  }
  throw failure ?? new KafkaAdminError('UNREACHABLE', 'The cluster has no broker that could be asked.')
}

const CLIENT_ID = 'freshet-control-plane'
const TIMEOUTS = { connectTimeout: 2_000, requestTimeout: 15_000 }
const REQUEST_TIMEOUT_MS = 10_000
const TOPIC = 2
const BROKER = 4
const SET = 0
const DELETE = 1

function adminOn(kafka: typeof Kafka, connection: Kafka.Connection): KafkaAdmin {
  return {
    topology: (topicNames) => topology(kafka, connection, topicNames),
    async createTopic(topic) {
      await kafka.createTopicsV7.api.async(connection, [topicRequest(topic)], REQUEST_TIMEOUT_MS, false)
    },
    async deleteTopic(name) {
      await kafka.deleteTopicsV6.api.async(connection, [{ name }], REQUEST_TIMEOUT_MS)
    },
    async createPartitions(name, count) {
      const topics = [{ name, count, assignments: null }]
      await kafka.createPartitionsV3.api.async(connection, topics, REQUEST_TIMEOUT_MS, false)
    },
    describeTopicConfigs: (topicName) => describeConfigs(kafka, connection, TOPIC, topicName),
    describeBrokerConfigs: (brokerId) => describeConfigs(kafka, connection, BROKER, String(brokerId)),
    alterTopicConfigs: (topicName, changes) => alterConfigs(kafka, connection, TOPIC, topicName, changes),
    // The empty name means all brokers.
    alterBrokerConfigs: (changes) => alterConfigs(kafka, connection, BROKER, '', changes),
    async reassign(moves) {
      const topics = [...byTopic(moves)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, replicas }) => ({
          partitionIndex: partition,
          replicas: [...replicas],
        })),
      }))
      await kafka.alterPartitionReassignmentsV0.api.async(connection, REQUEST_TIMEOUT_MS, true, topics)
    },
    reassignments: () => reassignments(kafka, connection),
    replicaSizes: () => replicaSizes(kafka, connection),
    async unregisterBroker(brokerId) {
      await kafka.unregisterBrokerV0.api.async(connection, brokerId)
    },
  }
}

async function topology(
  kafka: typeof Kafka,
  connection: Kafka.Connection,
  topicNames?: readonly string[],
): Promise<Topology> {
  const names = topicNames === undefined ? null : [...topicNames]
  const { brokers, topics } = await metadata(kafka, connection, names)
  return {
    brokers: brokers.map(({ nodeId, rack }) => ({ brokerId: nodeId, rack: rack ?? undefined })),
    topics: topics
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ name, isInternal, partitions }) => ({
        topicName: name ?? '',
        isInternal,
        partitions: partitions
          .map((state) => ({
            partition: state.partitionIndex,
            leader: state.leaderId,
            replicas: state.replicaNodes,
            isr: state.isrNodes,
          }))
          .sort((a, b) => a.partition - b.partition),
      })),
  }
}

/** A topic that is not there or has no leader is no failure of the request; the library makes it one. */
async function metadata(kafka: typeof Kafka, connection: Kafka.Connection, names: string[] | null) {
  try {
    return await kafka.metadataV12.api.async(connection, names, false, false)
  } catch (error) {
    if (!(error instanceof kafka.ResponseError)) throw error
    return error.response as Kafka.metadataV12.MetadataResponse
  }
}

function topicRequest({ topicName, partitionCount, replicationFactor, configs }: NewTopic) {
  return {
    name: topicName,
    numPartitions: partitionCount,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
}

async function describeConfigs(
  kafka: typeof Kafka,
  connection: Kafka.Connection,
  resourceType: typeof TOPIC | typeof BROKER,
  resourceName: string,
): Promise<ConfigEntry[]> {
  const { results } = await kafka.describeConfigsV4.api.async(connection, [{ resourceType, resourceName }])
  return (results[0]?.configs ?? []).map(({ name, value, readOnly, isSensitive }) => ({
    name,
    value: value ?? undefined,
    isReadOnly: readOnly,
    isSensitive,
  }))
}

async function alterConfigs(
  kafka: typeof Kafka,
  connection: Kafka.Connection,
  resourceType: typeof TOPIC | typeof BROKER,
  resourceName: string,
  changes: ConfigChanges,
): Promise<void> {
  const configs = Object.entries(changes).map(([name, value]) =>
    value === null ? { name, configOperation: DELETE } : { name, configOperation: SET, value },
  ) as Kafka.incrementalAlterConfigsV1.IncrementalAlterConfigsRequestConfig[]
  const resources = [{ resourceType, resourceName, configs }]
  await kafka.incrementalAlterConfigsV1.api.async(connection, resources, false)
}

async function reassignments(
  kafka: typeof Kafka,
  connection: Kafka.Connection,
): Promise<OngoingReassignment[]> {
  const { topics } = await kafka.listPartitionReassignmentsV0.api.async(connection, REQUEST_TIMEOUT_MS, null)
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, addingReplicas, removingReplicas }) => ({
      topicName: name,
      partition: partitionIndex,
      addingReplicas,
      removingReplicas,
    })),
  )
}

/** Each broker knows only its own folder. A partition is as large as its largest replica. */
async function replicaSizes(kafka: typeof Kafka, connection: Kafka.Connection): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  const { brokers } = await metadata(kafka, connection, [])
  for (const { host, port } of brokers) {
    const own = new kafka.Connection(CLIENT_ID, TIMEOUTS)
    await own.connect(host, port)
    try {
      const { results } = await kafka.describeLogDirsV4.api.async(own, null)
      for (const { name, partitions } of results.flatMap(({ topics }) => topics)) {
        for (const { partitionIndex, partitionSize } of partitions) {
          const key = sizeKey(name, partitionIndex)
          sizes.set(key, Math.max(sizes.get(key) ?? 0, Number(partitionSize)))
        }
      }
    } finally {
      await own.close()
    }
  }
  return sizes
}

function byTopic(moves: readonly ReplicaMove[]): Map<string, ReplicaMove[]> {
  return Map.groupBy(moves, ({ topicName }) => topicName)
}

function unreachable({ host, port }: Endpoint, cause: unknown): KafkaAdminError {
  return new KafkaAdminError('UNREACHABLE', `No broker answers at ${host}:${port}.`, { cause })
}

/** The library nests protocol errors in errors of the response; the innermost has Kafka's name. */
function asAdminError(error: unknown): Error {
  const protocol = findProtocolError(error)
  if (protocol) return new KafkaAdminError(protocol.apiId, protocol.text, { cause: error })
  if (error instanceof KafkaAdminError || !(error instanceof Error)) return error as Error
  const isNetwork = 'code' in error && /_(NETWORK|TIMEOUT)$/.test(String(error.code))
  return isNetwork ? new KafkaAdminError('UNREACHABLE', error.message, { cause: error }) : error
}

function findProtocolError(error: unknown): { apiId: string; text: string } | undefined {
  if (!(error instanceof Error)) return undefined
  if ('apiId' in error && typeof error.apiId === 'string') {
    const said = 'serverErrorMessage' in error ? error.serverErrorMessage : undefined
    return { apiId: error.apiId, text: typeof said === 'string' && said !== '' ? said : error.message }
  }
  const nested = error instanceof AggregateError ? error.errors : []
  return [...nested, error.cause].map(findProtocolError).find((found) => found !== undefined)
}
