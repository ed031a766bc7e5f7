import {
  type CreatableTopic,
  OFFSETS_TOPIC,
  offsetsTopic,
  SHARE_STATE_TOPIC,
  shareStateTopic,
  TRANSACTIONS_TOPIC,
  transactionsTopic,
} from '../cluster/index.ts'
import type { BrokerServices } from '../server/context.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { CreateTopicsApi } from './19-create-topics.ts'

/** Topics that nobody created by hand: those that clients name, and those that the cluster needs itself. */

const CREATE_TIMEOUT_MS = 5000
/** Time for a created topic to reach this broker's own metadata. */
const METADATA_WAIT_MS = 1000

/** A topic with the cluster's defaults. */
export function defaultTopic(name: string): CreatableTopic {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
}

/**
 * Lets the controller create topics and waits until this broker knows them. Returns error codes by name; all are
 * LEADER_NOT_AVAILABLE, which clients retry, if the controller cannot be reached.
 */
export async function createTopics(
  broker: BrokerServices,
  topics: readonly CreatableTopic[],
): Promise<ReadonlyMap<string, number>> {
  const body = { topics, timeoutMs: CREATE_TIMEOUT_MS, validateOnly: false }
  try {
    const response = await broker.controller.request(CreateTopicsApi, body)
    const exists = (code: number) => code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS
    const created = response.topics.filter(({ errorCode }) => exists(errorCode))
    await broker.awaitMetadata(
      (cluster) => created.every(({ name }) => cluster.topics.has(name)),
      METADATA_WAIT_MS,
    )
    return new Map(response.topics.map(({ name, errorCode }) => [name, errorCode]))
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return new Map(topics.map(({ name }) => [name, ErrorCode.LEADER_NOT_AVAILABLE]))
  }
}

/** Creates the topic that holds groups and committed offsets when the first group shows up. */
export async function ensureOffsetsTopic(broker: BrokerServices): Promise<void> {
  if (broker.cluster.topics.has(OFFSETS_TOPIC)) return
  await createTopics(broker, [offsetsTopic(broker.config.settings)])
}

/** Creates the topic that holds transactions when the first transactional producer shows up. */
export async function ensureTransactionsTopic(broker: BrokerServices): Promise<void> {
  if (broker.cluster.topics.has(TRANSACTIONS_TOPIC)) return
  await createTopics(broker, [transactionsTopic(broker.config.settings)])
}

/** Creates the topic that holds the state of share groups when the first one shows up. */
export async function ensureShareStateTopic(broker: BrokerServices): Promise<void> {
  if (broker.cluster.topics.has(SHARE_STATE_TOPIC)) return
  await createTopics(broker, [shareStateTopic(broker.config.settings)])
}
