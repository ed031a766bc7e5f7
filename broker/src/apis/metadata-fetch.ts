/**
 * Fetch (1) of `__cluster_metadata`, among brokers only: the controller answers when its log has an entry at the fetch
 * offset, and says how far the log goes. It brings the entries that the controller has appended of late; others are read
 * from the coordination store.
 */
import { encodeEntries } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import { ErrorCode } from '../wire/index.ts'
import type { FetchRequest } from './01-fetch.ts'

/** Kafka's own. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export function isMetadataFetch({ topics }: FetchRequest): boolean {
  return topics.length === 1 && topics[0]?.topicId === METADATA_TOPIC_ID
}

export async function handleMetadataFetch(context: RequestContext, request: FetchRequest) {
  const { controller, cluster, runtime, awaitMetadata } = context.broker
  const fetchOffset = request.topics[0]?.partitions[0]?.fetchOffset ?? 0
  if (controller.isActive) {
    const { replicaId } = request.replicaState
    controller.observers.heard(replicaId, fetchOffset, cluster.offset + 1, runtime.clock.now())
    await awaitMetadata(({ offset }) => offset >= fetchOffset, request.maxWaitMs)
  }
  const entries = controller.isActive ? controller.appendedFrom(fetchOffset) : []
  const errorCode = controller.isActive ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER
  const records = entries.length > 0 ? encodeEntries(entries) : null
  const partition = {
    partitionIndex: 0,
    errorCode,
    highWatermark: cluster.offset + 1,
    abortedTransactions: null,
  }
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    sessionId: 0,
    responses: [{ topicId: METADATA_TOPIC_ID, partitions: [{ ...partition, records }] }],
    nodeEndpoints: [],
  }
}
