/**
 * Fetch (1): reads record batches, for consumers and for replicas.
 *
 * - 4: isolation level (KIP-98); 5: logStartOffset (KIP-107); 7: sessions (KIP-227); 9: leader epoch (KIP-320)
 * - 10: zstd (KIP-110); 11: rack, preferred read replica (KIP-392); 12: flexible, diverging epoch (KIP-595)
 * - 13: topic ids instead of names (KIP-516); 14: OFFSET_MOVED_TO_TIERED_STORAGE (KIP-405)
 * - 15: replicaState instead of replicaId (KIP-903); 16: endpoints of new leaders (KIP-951)
 * - 17: directory id (KIP-853); 18: the follower's high watermark (KIP-1166)
 */

import { readersHaveChoice } from '../replication/leader/preferred-replica.ts'
import { waitForRecords } from '../replication/partition/wait-for-records.ts'
import type { RequestContext } from '../server/context.ts'
import type { FetchContext, FetchWish } from '../server/fetch-sessions.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { FetchRead, type FetchReader } from './fetch-read.ts'
import { handleMetadataFetch, isMetadataFetch } from './metadata-fetch.ts'

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
  if (isMetadataFetch(request)) return handleMetadataFetch(context, request)
  const { broker } = context
  const nowMs = broker.runtime.clock.monotonic()
  const session = broker.fetchSessions.resolve(toWish(context, request), nowMs)
  if (typeof session === 'number') return failedSession(session)
  const reader = readerOf(context, request)
  const minBytes = Math.min(request.minBytes, reader.maxBytes)
  const wait = { minBytes, maxWaitMs: request.maxWaitMs, untilMs: nowMs + request.maxWaitMs }
  const first = new FetchRead(context, session, reader)
  if (first.isWhole) {
    first.assertRestedWell()
    return answerOrWait(context, session, reader, first, wait)
  }
  return first.readToEnd().then(() => answerOrWait(context, session, reader, first, wait))
}

interface FetchWait {
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly untilMs: number
}

function answerOrWait(
  context: RequestContext,
  session: FetchContext,
  reader: FetchReader,
  first: FetchRead,
  wait: FetchWait,
) {
  if (reader.follower !== undefined) first.noteFollower(reader.follower)
  const isDone = first.sizeBytes >= wait.minBytes || first.isUrgent || wait.maxWaitMs <= 0
  if (isDone || session.isEmpty) return first.answer()
  return waitAndRead(context, session, reader, first, wait)
}

/** Most followers hear of a newer high watermark with the next records: a message less for each that is replicated. */
const TOLD_MS = 100
/** Consumers that may read from a follower read as far as it knows. */
const TOLD_SOON_MS = 5

/** Reads again whenever there should be enough, until there is or the time is over. */
async function waitAndRead(
  context: RequestContext,
  session: FetchContext,
  reader: FetchReader,
  first: FetchRead,
  { minBytes, untilMs }: FetchWait,
) {
  const { clock, timers } = context.broker.runtime
  const newsMs = reader.follower && (readersHaveChoice(context.broker.config) ? TOLD_SOON_MS : TOLD_MS)
  let read = first
  for (;;) {
    const leftMs = untilMs - clock.monotonic()
    const waitMs = read.hasNews && newsMs !== undefined ? Math.min(leftMs, newsMs) : leftMs
    const { watch } = read
    const bytesMissing = minBytes - read.sizeBytes
    read.release()
    await waitForRecords({ watch, bytesMissing, waitMs, newsMs }, timers)
    read = new FetchRead(context, session, reader)
    await read.readToEnd()
    if (read.sizeBytes >= minBytes || read.isUrgent || read.hasNews || clock.monotonic() >= untilMs)
      return read.answer()
  }
}

const READ_COMMITTED = 1
const FOLLOWER_READS_SINCE = 11
const TOPIC_IDS_SINCE = 13
const REPLICA_STATE_SINCE = 15

function readerOf(context: RequestContext, request: FetchRequest): FetchReader {
  const { apiVersion, broker } = context
  const follower = followerOf(apiVersion, request)
  const isFollower = follower !== undefined
  if (isFollower) context.exemptFromQuotas()
  return {
    maxBytes: isFollower
      ? request.maxBytes
      : Math.min(
          request.maxBytes,
          broker.config.settings['fetch.max.bytes'],
          broker.quotas.fetch.windowMax(context.user, context.clientId),
        ),
    readCommitted: request.isolationLevel === READ_COMMITTED,
    follower,
    rackId: request.rackId,
    mayReadFollowers: !isFollower && apiVersion >= FOLLOWER_READS_SINCE,
  }
}

function followerOf(apiVersion: number, { replicaId, replicaState }: FetchRequest) {
  const hasState = apiVersion >= REPLICA_STATE_SINCE
  const brokerId = hasState ? replicaState.replicaId : replicaId
  return brokerId < 0 ? undefined : { brokerId, brokerEpoch: hasState ? replicaState.replicaEpoch : -1 }
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
      logStartOffset: wanted.logStartOffset,
      highWatermark: wanted.highWatermark,
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
    follower: followerOf(context.apiVersion, request),
    partitions,
    forgotten,
  }
}

function failedSession(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [], nodeEndpoints: [] }
}
