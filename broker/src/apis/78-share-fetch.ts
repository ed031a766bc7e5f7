/**
 * ShareFetch (78): acquires records for a member of a share group, and acknowledges earlier ones (KIP-932).
 *
 * - 2: acquire mode (KIP-1206), renewed locks (KIP-1222)
 */
import { partitionKey } from '../coordinators/share/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, KafkaError, t } from '../wire/index.ts'
import { requireFeature } from './cluster-facts.ts'
import { ShareFetchRead } from './share-fetch-read.ts'
import { ShareFetchWait } from './share-fetch-wait.ts'
import { refusedShareRequest, ShareRequest } from './share-request.ts'

export const ShareFetchApi = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexible: 0,
  request: {
    groupId: t.string({ nullable: 0, default: null }),
    memberId: t.string({ nullable: 0 }),
    shareSessionEpoch: t.int32(),
    maxWaitMs: t.int32(),
    minBytes: t.int32(),
    maxBytes: t.int32({ default: 0x7fffffff }),
    maxRecords: t.int32(),
    batchSize: t.int32(),
    shareAcquireMode: t.int8({ since: 2, default: 0, ignorable: true }),
    isRenewAck: t.bool({ since: 2 }),
    topics: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        acknowledgementBatches: t.array({
          firstOffset: t.int64(),
          lastOffset: t.int64(),
          acknowledgeTypes: t.array(t.int8()),
        }),
      }),
    }),
    forgottenTopicsData: t.array({ topicId: t.uuid(), partitions: t.array(t.int32()) }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    acquisitionLockTimeoutMs: t.int32(),
    responses: t.array({
      topicId: t.uuid(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        errorMessage: t.string({ nullable: 0, default: null }),
        acknowledgeErrorCode: t.int16(),
        acknowledgeErrorMessage: t.string({ nullable: 0, default: null }),
        currentLeader: t.struct({ leaderId: t.int32(), leaderEpoch: t.int32() }),
        records: t.records(),
        acquiredRecords: t.array({ firstOffset: t.int64(), lastOffset: t.int64(), deliveryCount: t.int16() }),
      }),
    }),
    nodeEndpoints: t.array({
      nodeId: t.int32(),
      host: t.string(),
      port: t.int32(),
      rack: t.string({ nullable: 0, default: null }),
    }),
  },
})

export type ShareFetchRequest = Infer<typeof ShareFetchApi.request>
export type ShareFetchResponse = Infer<typeof ShareFetchApi.response>

/**
 * Takes what the member says of its records, and acquires others for it: at once if there are some, else when there are,
 * or when the time is over. As in Kafka neither waits for the other, but the answer for both.
 */
export async function handleShareFetch(context: RequestContext, request: ShareFetchRequest) {
  try {
    requireFeature(context.broker, 'share.version')
    const share = new ShareRequest(context, request, true)
    updateSession(share, request)
    const acknowledged = share.acknowledge()
    const wait = new ShareFetchWait()
    const read = new ShareFetchRead(context, share, request, wait)
    if (share.isFinal || request.isRenewAck) {
      await acknowledged
      share.end()
      return read.answer()
    }
    await Promise.all([acknowledged, acquire(context, share, request, read, wait)])
    return read.answer()
  } catch (error) {
    if (error instanceof KafkaError) return refusedShareRequest(error)
    throw error
  }
}

/** Passes that may find nothing but gaps and control records in a row, before others get their turn. */
const PASSES_MAX = 20

/** Resolves when the read has something to tell, or when the time is over. */
async function acquire(
  { broker }: RequestContext,
  { session }: ShareRequest,
  { maxWaitMs }: ShareFetchRequest,
  read: ShareFetchRead,
  wait: ShareFetchWait,
): Promise<void> {
  const { clock, timers } = broker.runtime
  const untilMs = clock.monotonic() + maxWaitMs
  try {
    for (let pass = 1; ; pass++) {
      await read.run()
      const leftMs = untilMs - clock.monotonic()
      if (read.hasNews || leftMs <= 0 || session.partitions.size === 0) return
      if (read.hasMore && pass % PASSES_MAX !== 0) wait.end()
      else await wait.until(read.hasMore ? 0 : leftMs, timers)
    }
  } finally {
    wait.end()
  }
}

/** Partitions of the request join the session; forgotten ones leave it. */
function updateSession({ session, isFinal }: ShareRequest, request: ShareFetchRequest): void {
  if (isFinal) return
  for (const { topicId, partitions } of request.topics) {
    for (const { partitionIndex: partition } of partitions) {
      const key = partitionKey({ topicId, partition })
      if (!session.partitions.has(key)) session.partitions.set(key, { topicId, partition })
    }
  }
  for (const { topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.partitions.delete(partitionKey({ topicId, partition }))
  }
}
