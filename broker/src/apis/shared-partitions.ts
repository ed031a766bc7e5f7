/** What the group coordinator has the share coordinator do for a share group: begin, move and remove its state. */
import {
  changeShared,
  type ShareAlterationResponse,
  type SharedChange,
  type SharedPartitions,
  type SharedTopic,
  sharedPartitions,
} from '../coordinators/groups/index.ts'
import type { BrokerServices } from '../server/context.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import { ensureShareStateTopic } from './automatic-topics.ts'

const FINE = { errorCode: ErrorCode.NONE as number, errorMessage: null as string | null }
/** Lets the first leader find out where to begin. */
const NOT_BEGUN = -1

/** Undefined if there is no such share group. */
export function readShared(broker: BrokerServices, groupId: string): Promise<SharedPartitions | undefined> {
  return broker.groups.read(groupId, (shard) => shard.look(groupId, sharedPartitions))
}

/** Gives subscribed partitions their state; returns whether there were some that lacked it. */
export async function shareMissingPartitions(broker: BrokerServices, groupId: string): Promise<boolean> {
  const known = await readShared(broker, groupId)
  if (known === undefined || known.missing.length === 0) return false
  await ensureShareStateTopic(broker)
  const added = await Promise.all(known.missing.map((topic) => initializeTopic(broker, groupId, topic)))
  const topics = added.filter(({ partitions }) => partitions.length > 0)
  if (topics.length === 0) return false
  await alterShared(broker, groupId, { kind: 'added', topics })
  return true
}

/** Returns the state epoch that is to be used; throws KafkaError. */
export async function alterShared(
  broker: BrokerServices,
  groupId: string,
  change: SharedChange,
): Promise<number> {
  const answer = await broker.groups.run<ShareAlterationResponse>(groupId, (shard, token, now) =>
    shard.request(token, groupId, now, (effects) => changeShared(effects, groupId, change)),
  )
  if (answer.errorCode !== ErrorCode.NONE)
    throw new KafkaError(answer.errorCode, answer.errorMessage ?? undefined)
  return answer.stateEpoch
}

export async function removeSharedTopic(broker: BrokerServices, groupId: string, topic: SharedTopic) {
  const { topicId, partitions } = topic
  const outcomes = partitions.map((partition) =>
    outcomeOf(broker.share.client.remove({ groupId, topicId, partition })),
  )
  const failed = (await Promise.all(outcomes)).find(({ errorCode }) => errorCode !== ErrorCode.NONE)
  return failed ?? FINE
}

export async function outcomeOf(work: Promise<unknown>): Promise<typeof FINE> {
  try {
    await work
    return FINE
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { errorCode: error.code, errorMessage: error.message }
  }
}

/** The topic with those partitions that have a state now; the others wait for the next heartbeat. */
async function initializeTopic(
  broker: BrokerServices,
  groupId: string,
  topic: SharedTopic,
): Promise<SharedTopic> {
  const { topicId } = topic
  const outcomes = await Promise.all(
    topic.partitions.map(async (partition) => {
      const { errorCode, errorMessage } = await outcomeOf(
        broker.share.client.initialize({ groupId, topicId, partition }, 0, NOT_BEGUN),
      )
      if (errorCode === ErrorCode.NONE) return partition
      broker.logger.warn('a share-partition was not initialized', {
        groupId,
        topicId,
        partition,
        errorMessage,
      })
      return undefined
    }),
  )
  return { ...topic, partitions: outcomes.filter((partition) => partition !== undefined) }
}
