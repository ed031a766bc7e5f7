/** What a fetch tells of one partition. */
import type { Partition } from '../replication/partition/partition.ts'
import type { FetchPartition } from '../server/fetch-sessions.ts'
import type { PartitionLog } from '../storage/index.ts'
import { ErrorCode, KafkaError, lastOffset, sizeInBytes } from '../wire/index.ts'

const EMPTY = Buffer.alloc(0)

export type PartitionData = ReturnType<typeof emptyData>

export function emptyData(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE as number,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: undefined as { epoch: number; endOffset: number } | undefined,
    currentLeader: undefined as { leaderId: number; leaderEpoch: number } | undefined,
    abortedTransactions: null as { producerId: number; firstOffset: number }[] | null,
    preferredReadReplica: -1,
    records: EMPTY as Buffer,
  }
}

/** Which transactions a consumer must leave out of what it gets. */
export function abortedIn(log: PartitionLog, from: number, records: Buffer) {
  let upTo = from
  for (let at = 0; at < records.length; at += sizeInBytes(records, at)) upTo = lastOffset(records, at) + 1
  if (upTo === from) return []
  return log
    .abortedTransactions(from, upTo)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}

/**
 * Where the client's log and ours part, if they do (KIP-595); only followers and newer consumers say their
 * epoch. Before our first record, or without knowledge of the epoch, there is nothing to compare.
 */
export function divergence({ log }: Partition, { lastFetchedEpoch, fetchOffset }: FetchPartition) {
  if (lastFetchedEpoch < 0) return undefined
  const end = log.endOffsetForEpoch(lastFetchedEpoch)
  if (end.endOffset < 0 || fetchOffset < log.logStartOffset)
    throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE)
  const diverges = end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset
  return diverges ? end : undefined
}
