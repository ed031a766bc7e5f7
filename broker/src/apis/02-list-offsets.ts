/**
 * ListOffsets (2): the offset of a timestamp, or of a special place: -1 latest, -2 earliest, -3 the largest
 * timestamp, -4 earliest local, -5 last tiered, -6 earliest that waits for its upload.
 *
 * - 1: a single offset, not a list (KIP-79); 2: isolation level (KIP-98); 4: leader epoch (KIP-320)
 * - 5: OFFSET_NOT_AVAILABLE (KIP-207); 6: flexible; 7: -3 (KIP-734); 8: -4 (KIP-405); 9: -5 (KIP-1005)
 * - 10: timeoutMs (KIP-1075); 11: -6 (KIP-1023)
 */

import type { Partition } from '../replication/partition.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const ListOffsetsApi = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexible: 6,
  request: {
    replicaId: t.int32(),
    isolationLevel: t.int8({ since: 2 }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        currentLeaderEpoch: t.int32({ since: 4, default: -1, ignorable: true }),
        timestamp: t.int64(),
      }),
    }),
    timeoutMs: t.int32({ since: 10, ignorable: true }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 2, ignorable: true }),
    topics: t.array({
      name: t.string(),
      partitions: t.array({
        partitionIndex: t.int32(),
        errorCode: t.int16(),
        timestamp: t.int64({ default: -1 }),
        offset: t.int64({ default: -1 }),
        leaderEpoch: t.int32({ since: 4, default: -1 }),
      }),
    }),
  },
})

export type ListOffsetsRequest = Infer<typeof ListOffsetsApi.request>
export type ListOffsetsResponse = Infer<typeof ListOffsetsApi.response>

/**
 * Answers offsets by timestamp; the special timestamps are -1 latest, -2 earliest, -3 the record with the
 * largest one.
 */
export function handleListOffsets(context: RequestContext, request: ListOffsetsRequest) {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((wanted) => listOne(context, name, wanted, request)),
  }))
  return { throttleTimeMs: 0, topics }
}

const READ_COMMITTED = 1
const OFFSET_NOT_AVAILABLE_SINCE = 5
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
/** The version from which each special timestamp may be asked. */
const SINCE = new Map([
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])
const NONE = { timestamp: -1, offset: -1, leaderEpoch: -1 }

type Wanted = ListOffsetsRequest['topics'][number]['partitions'][number]

function listOne(context: RequestContext, topic: string, wanted: Wanted, request: ListOffsetsRequest) {
  const { partitionIndex, currentLeaderEpoch, timestamp } = wanted
  const partition = context.broker.replicas.leader(topic, partitionIndex, currentLeaderEpoch)
  if (typeof partition === 'number') return { partitionIndex, errorCode: partition, ...NONE }
  if (context.apiVersion < (SINCE.get(timestamp) ?? 0) || timestamp < EARLIEST_PENDING_UPLOAD) {
    return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION, ...NONE }
  }
  const isFollower = request.replicaId >= 0
  const readCommitted = request.isolationLevel === READ_COMMITTED
  const isKnown = partition.knowsLatestOffset && (!readCommitted || partition.log.knowsStableOffset)
  if (timestamp === LATEST && !isFollower && !isKnown) {
    const errorCode =
      context.apiVersion >= OFFSET_NOT_AVAILABLE_SINCE
        ? ErrorCode.OFFSET_NOT_AVAILABLE
        : ErrorCode.LEADER_NOT_AVAILABLE
    return { partitionIndex, errorCode, ...NONE }
  }
  try {
    const end = isFollower ? partition.log.logEndOffset : visibleEnd(partition, readCommitted)
    return { partitionIndex, errorCode: ErrorCode.NONE, ...find(partition, timestamp, end) }
  } catch (error) {
    return { partitionIndex, errorCode: errorCodeOf(error), ...NONE }
  }
}

function visibleEnd(partition: Partition, readCommitted: boolean): number {
  return readCommitted ? partition.lastStableOffset : partition.highWatermark
}

function find(partition: Partition, timestamp: number, end: number) {
  const { log } = partition
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: end, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return {
        timestamp: -1,
        offset: log.logStartOffset,
        leaderEpoch: log.epochForOffset(log.logStartOffset),
      }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NONE
  }
  const found = timestamp === MAX_TIMESTAMP ? log.maxTimestampOffset() : log.offsetForTimestamp(timestamp)
  if (found === undefined || found.offset >= end) return NONE
  return { timestamp: found.timestampMs, offset: found.offset, leaderEpoch: found.leaderEpoch }
}
