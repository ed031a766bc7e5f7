/**
 * ListOffsets (2): the offset of a timestamp, or of a special place: -1 latest, -2 earliest, -3 the largest
 * timestamp, -4 earliest local, -5 last tiered, -6 earliest that waits for its upload.
 *
 * - 1: a single offset, not a list (KIP-79); 2: isolation level (KIP-98); 4: leader epoch (KIP-320)
 * - 5: OFFSET_NOT_AVAILABLE (KIP-207); 6: flexible; 7: -3 (KIP-734); 8: -4 (KIP-405); 9: -5 (KIP-1005)
 * - 10: timeoutMs (KIP-1075); 11: -6 (KIP-1023)
 */

import type { Partition } from '../replication/partition/partition.ts'
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

/** Answers offsets by timestamp, one partition after the other: a batch that must be searched is held in memory. */
export async function handleListOffsets(context: RequestContext, request: ListOffsetsRequest) {
  const topics = []
  const seen = new Set<string>()
  const duplicates = duplicatesOf(request)
  for (const { name, partitions } of request.topics) {
    const results = []
    for (const wanted of partitions) {
      const { partitionIndex } = wanted
      const key = `${name}-${partitionIndex}`
      if (!duplicates.has(key)) results.push(await listOne(context, name, wanted, request))
      else if (!seen.has(key)) results.push({ partitionIndex, errorCode: ErrorCode.INVALID_REQUEST, ...NONE })
      seen.add(key)
    }
    topics.push({ name, partitions: results })
  }
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
const SPECIAL: ReadonlySet<number> = new Set([
  LATEST,
  EARLIEST,
  EARLIEST_LOCAL,
  LATEST_TIERED,
  EARLIEST_PENDING_UPLOAD,
])
const NONE = { timestamp: -1, offset: -1, leaderEpoch: -1 }

type Wanted = ListOffsetsRequest['topics'][number]['partitions'][number]

/** Partitions that are asked for twice. */
function duplicatesOf({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`
      if (seen.has(key)) duplicates.add(key)
      seen.add(key)
    }
  }
  return duplicates
}

async function listOne(context: RequestContext, topic: string, wanted: Wanted, request: ListOffsetsRequest) {
  const { partitionIndex, currentLeaderEpoch, timestamp } = wanted
  const partition = context.broker.replicas.leader(topic, partitionIndex, currentLeaderEpoch)
  if (typeof partition === 'number') return { partitionIndex, errorCode: partition, ...NONE }
  if (context.apiVersion < (SINCE.get(timestamp) ?? 0) || timestamp < EARLIEST_PENDING_UPLOAD) {
    return { partitionIndex, errorCode: ErrorCode.UNSUPPORTED_VERSION, ...NONE }
  }
  const isFollower = request.replicaId >= 0
  const readCommitted = request.isolationLevel === READ_COMMITTED
  const isKnown = partition.knowsLatestOffset && (!readCommitted || partition.log.knowsStableOffset)
  const notAvailable =
    context.apiVersion >= OFFSET_NOT_AVAILABLE_SINCE
      ? ErrorCode.OFFSET_NOT_AVAILABLE
      : ErrorCode.LEADER_NOT_AVAILABLE
  const unknown = {
    partitionIndex,
    errorCode: isKnown || isFollower ? ErrorCode.NONE : notAvailable,
    ...NONE,
  }
  try {
    const end = isFollower ? partition.log.logEndOffset : visibleEnd(partition, readCommitted)
    if (timestamp === LATEST && unknown.errorCode !== ErrorCode.NONE) return unknown
    const found = SPECIAL.has(timestamp)
      ? findSpecial(partition, timestamp, end)
      : await findByTime(partition, timestamp, end)
    // What is not found below an end that is not certain may yet be there.
    return found === undefined ? unknown : { partitionIndex, errorCode: ErrorCode.NONE, ...found }
  } catch (error) {
    return { partitionIndex, errorCode: errorCodeOf(error), ...NONE }
  }
}

function visibleEnd(partition: Partition, readCommitted: boolean): number {
  return readCommitted ? partition.lastStableOffset : partition.highWatermark
}

/** Without tiered storage, nothing is in another tier and nothing waits to get there. */
function findSpecial({ log, leaderEpoch }: Partition, timestamp: number, end: number) {
  if (timestamp === LATEST) return { timestamp: -1, offset: end, leaderEpoch }
  if (timestamp === LATEST_TIERED || timestamp === EARLIEST_PENDING_UPLOAD) return NONE
  const { logStartOffset } = log
  return { timestamp: -1, offset: logStartOffset, leaderEpoch: log.epochForOffset(logStartOffset) }
}

async function findByTime({ log }: Partition, timestamp: number, end: number) {
  const found =
    timestamp === MAX_TIMESTAMP ? await log.maxTimestampOffset() : await log.offsetForTimestamp(timestamp)
  if (found === undefined || found.offset >= end) return undefined
  return { timestamp: found.timestampMs, offset: found.offset, leaderEpoch: found.leaderEpoch }
}
