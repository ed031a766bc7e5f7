/**
 * Fetch (1): reads record batches, for consumers and for replicas.
 *
 * - 4: isolation level (KIP-98); 5: logStartOffset (KIP-107); 7: sessions (KIP-227); 9: leader epoch (KIP-320)
 * - 10: zstd (KIP-110); 11: rack, preferred read replica (KIP-392); 12: flexible, diverging epoch (KIP-595)
 * - 13: topic ids instead of names (KIP-516); 14: OFFSET_MOVED_TO_TIERED_STORAGE (KIP-405)
 * - 15: replicaState instead of replicaId (KIP-903); 16: endpoints of new leaders (KIP-951)
 * - 17: directory id (KIP-853); 18: the follower's high watermark (KIP-1166)
 */

import type { Partition } from '../replication/partition.ts'
import { waitForRecords } from '../replication/wait-for-records.ts'
import type { RequestContext } from '../server/context.ts'
import type { FetchContext, FetchPartition, FetchWish } from '../server/fetch-sessions.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { leaderHint, nodeEndpoints } from './cluster-facts.ts'

export const FetchApi = defineApi({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexible: 12,
  request: {
    clusterId: t.string({ since: 12, nullable: 12, tag: 0, default: null, ignorable: true }),
    replicaId: t.int32({ until: 14, default: -1 }),
    replicaState: t.struct(
      { replicaId: t.int32({ default: -1 }), replicaEpoch: t.int64({ default: -1 }) },
      { since: 15, tag: 1 },
    ),
    maxWaitMs: t.int32(),
    minBytes: t.int32(),
    maxBytes: t.int32({ default: 0x7fffffff }),
    isolationLevel: t.int8({ default: 0 }),
    sessionId: t.int32({ since: 7, ignorable: true }),
    sessionEpoch: t.int32({ since: 7, default: -1, ignorable: true }),
    topics: t.array({
      topic: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitions: t.array({
        partition: t.int32(),
        currentLeaderEpoch: t.int32({ since: 9, default: -1, ignorable: true }),
        fetchOffset: t.int64(),
        lastFetchedEpoch: t.int32({ since: 12, default: -1 }),
        logStartOffset: t.int64({ since: 5, default: -1, ignorable: true }),
        partitionMaxBytes: t.int32(),
        replicaDirectoryId: t.uuid({ since: 17, tag: 0, ignorable: true }),
        highWatermark: t.int64({ since: 18, tag: 1, default: Infinity, ignorable: true }),
      }),
    }),
    forgottenTopicsData: t.array(
      {
        topic: t.string({ until: 12, ignorable: true }),
        topicId: t.uuid({ since: 13, ignorable: true }),
        partitions: t.array(t.int32()),
      },
      { since: 7 },
    ),
    rackId: t.string({ since: 11, ignorable: true }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16({ since: 7, ignorable: true }),
    sessionId: t.int32({ since: 7 }),
    responses: t.array({
      topic: t.string({ until: 12, ignorable: true }),
      topicId: t.uuid({ since: 13, ignorable: true }),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        highWatermark: t.int64(),
        lastStableOffset: t.int64({ default: -1 }),
        logStartOffset: t.int64({ since: 5, default: -1, ignorable: true }),
        divergingEpoch: t.struct(
          { epoch: t.int32({ default: -1 }), endOffset: t.int64({ default: -1 }) },
          { since: 12, tag: 0 },
        ),
        currentLeader: t.struct(
          { leaderId: t.int32({ default: -1 }), leaderEpoch: t.int32({ default: -1 }) },
          { since: 12, tag: 1 },
        ),
        snapshotId: t.struct(
          { endOffset: t.int64({ default: -1 }), epoch: t.int32({ default: -1 }) },
          { since: 12, tag: 2 },
        ),
        abortedTransactions: t.array({ producerId: t.int64(), firstOffset: t.int64() }, { nullable: 4 }),
        preferredReadReplica: t.int32({ since: 11, default: -1 }),
        records: t.records({ nullable: 0 }),
      }),
    }),
    nodeEndpoints: t.array(
      {
        nodeId: t.int32(),
        host: t.string(),
        port: t.int32(),
        rack: t.string({ nullable: 0, default: null }),
      },
      { since: 16, tag: 0 },
    ),
  },
})

export type FetchRequest = Infer<typeof FetchApi.request>
export type FetchResponse = Infer<typeof FetchApi.response>

/**
 * Reads what the session's partitions have; waits, without holding buffers, until `minBytes` can be had or
 * `maxWaitMs` is over. A partition in error answers at once.
 */
export function handleFetch(context: RequestContext, request: FetchRequest) {
  const { broker } = context
  const session = broker.fetchSessions.resolve(toWish(context, request), broker.runtime.clock.monotonic())
  if (typeof session === 'number') return failedSession(session)
  const limits = {
    maxBytes: Math.min(request.maxBytes, broker.config.settings['fetch.max.bytes']),
    readCommitted: request.isolationLevel === READ_COMMITTED,
  }
  const first = new FetchRead(context, session, limits)
  const minBytes = Math.min(request.minBytes, limits.maxBytes)
  if (
    first.sizeBytes >= minBytes ||
    first.isUrgent ||
    request.maxWaitMs <= 0 ||
    session.partitions.length === 0
  ) {
    return first.answer()
  }
  const missing = minBytes - first.sizeBytes
  const watched = first.partitions
  first.release()
  return waitForRecords(watched, missing, request.maxWaitMs, broker.runtime.timers).then(() =>
    new FetchRead(context, session, limits).answer(),
  )
}

const READ_COMMITTED = 1
const TOPIC_IDS_SINCE = 13
const NODE_ENDPOINTS_SINCE = 16
const EMPTY = Buffer.alloc(0)

interface FetchLimits {
  readonly maxBytes: number
  readonly readCommitted: boolean
}

type PartitionData = ReturnType<typeof emptyData>

function emptyData(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE as number,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: undefined as { epoch: number; endOffset: number } | undefined,
    currentLeader: undefined as { leaderId: number; leaderEpoch: number } | undefined,
    abortedTransactions: null as { producerId: number; firstOffset: number }[] | null,
    records: EMPTY as Buffer,
  }
}

/** One pass over the partitions in the session's order, which is their priority (KIP-74). */
class FetchRead {
  readonly partitions: Partition[] = []
  sizeBytes = 0
  isUrgent = false
  readonly #context: RequestContext
  readonly #session: FetchContext
  readonly #limits: FetchLimits
  readonly #results: { readonly wanted: FetchPartition; readonly data: PartitionData }[] = []
  readonly #buffers: Buffer[] = []

  constructor(context: RequestContext, session: FetchContext, limits: FetchLimits) {
    this.#context = context
    this.#session = session
    this.#limits = limits
    for (const wanted of session.partitions) this.#results.push({ wanted, data: this.#read(wanted) })
  }

  /** The response; its buffers go back to the pool once it is sent. */
  answer() {
    const topics = new Map<string, { topic: string; topicId: string; partitions: PartitionData[] }>()
    for (const { wanted, data } of this.#results) {
      const { errorCode, highWatermark, logStartOffset } = data
      const hasRecords = data.records.length > 0
      const outcome = {
        errorCode,
        highWatermark,
        logStartOffset,
        hasRecords,
        hasDivergence: data.divergingEpoch !== undefined,
      }
      if (!this.#session.include(wanted, outcome)) continue
      const { topic, topicId } = wanted
      const key = this.#context.apiVersion >= TOPIC_IDS_SINCE ? topicId : topic
      const group = topics.get(key)
      if (group === undefined) topics.set(key, { topic, topicId, partitions: [data] })
      else group.partitions.push(data)
    }
    this.#context.afterSend(() => this.release())
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      sessionId: this.#session.sessionId,
      responses: [...topics.values()],
      nodeEndpoints: this.#nodeEndpoints(),
    }
  }

  /** Gives the buffers back; the records read into them are gone. */
  release(): void {
    for (const buffer of this.#buffers) this.#context.broker.pool.release(buffer)
    this.#buffers.length = 0
  }

  #read(wanted: FetchPartition): PartitionData {
    const data = emptyData(wanted.partition)
    try {
      this.#readInto(wanted, data)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      data.errorCode = error.code
    }
    if (data.errorCode !== ErrorCode.NONE || data.divergingEpoch !== undefined) this.isUrgent = true
    return data
  }

  #readInto(wanted: FetchPartition, data: PartitionData): void {
    const { broker } = this.#context
    const topic = this.#topicName(wanted)
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    const partition = broker.replicas.leader(topic, wanted.partition, wanted.currentLeaderEpoch)
    if (typeof partition === 'number') {
      data.currentLeader = leaderHint(broker, topic, wanted.partition)
      throw new KafkaError(partition)
    }
    this.partitions.push(partition)
    const { log, highWatermark, lastStableOffset } = partition
    data.highWatermark = highWatermark
    data.lastStableOffset = lastStableOffset
    data.logStartOffset = log.logStartOffset
    if (this.#limits.readCommitted) data.abortedTransactions = []
    data.divergingEpoch = divergence(partition, wanted)
    if (data.divergingEpoch !== undefined) return
    const maxBytes = Math.max(0, Math.min(wanted.maxBytes, this.#limits.maxBytes - this.sizeBytes))
    const upTo = this.#limits.readCommitted ? lastStableOffset : highWatermark
    const minOneBatch = this.sizeBytes === 0
    data.records = log.read(wanted.fetchOffset, { maxBytes, upTo, minOneBatch }, this.#allocate)
    this.sizeBytes += data.records.length
  }

  readonly #allocate = (sizeBytes: number): Buffer => {
    const buffer = this.#context.broker.pool.acquire(sizeBytes)
    this.#buffers.push(buffer)
    return buffer
  }

  #topicName(wanted: FetchPartition): string | undefined {
    if (this.#context.apiVersion < TOPIC_IDS_SINCE) return wanted.topic
    return this.#context.broker.cluster.topicsById.get(wanted.topicId)?.name
  }

  #nodeEndpoints() {
    if (this.#context.apiVersion < NODE_ENDPOINTS_SINCE) return []
    const leaders = this.#results.map(({ data }) => data.currentLeader?.leaderId ?? -1)
    return nodeEndpoints(this.#context.broker, leaders)
  }
}

/**
 * Where the client's log and ours part, if they do (KIP-595); only followers and newer consumers say their
 * epoch.
 */
function divergence(partition: Partition, wanted: FetchPartition) {
  if (wanted.lastFetchedEpoch < 0) return undefined
  const end = partition.log.endOffsetForEpoch(wanted.lastFetchedEpoch)
  const diverges = end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset
  return diverges ? end : undefined
}

function toWish(context: RequestContext, request: FetchRequest): FetchWish {
  const partitions = request.topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((wanted) => ({
      topic,
      topicId,
      partition: wanted.partition,
      fetchOffset: wanted.fetchOffset,
      maxBytes: wanted.partitionMaxBytes,
      currentLeaderEpoch: wanted.currentLeaderEpoch,
      lastFetchedEpoch: wanted.lastFetchedEpoch,
    })),
  )
  const forgotten = request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic, topicId, partition })),
  )
  const { sessionId, sessionEpoch } = request
  return {
    sessionId,
    sessionEpoch,
    usesTopicIds: context.apiVersion >= TOPIC_IDS_SINCE,
    partitions,
    forgotten,
  }
}

function failedSession(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [], nodeEndpoints: [] }
}
