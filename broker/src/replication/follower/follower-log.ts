/**
 * What a follower does to its log with what its leader answers: it appends, or cuts off what the leader does not have
 * (KIP-101, KIP-279, KIP-595).
 */
import type { EpochEndOffset, PartitionLog } from '../../storage/index.ts'
import {
  baseOffset,
  holdsBatch,
  lastOffset,
  leaderEpoch as leaderEpochOf,
  sizeInBytes,
} from '../../wire/index.ts'

/** The part of a log that truncation looks at. */
export interface EpochHistory {
  readonly logEndOffset: number
  endOffsetForEpoch(epoch: number): EpochEndOffset
}

/**
 * Where to cut, given the end of the largest epoch that the leader has of those up to our last one. If we do not know
 * that epoch we cut at the end of the next lower one of ours, and the leader will be asked again.
 */
export function truncationOffset(log: EpochHistory, leaders: EpochEndOffset): number {
  const own = log.endOffsetForEpoch(leaders.epoch)
  if (own.endOffset < 0) return Math.min(leaders.endOffset, log.logEndOffset)
  if (own.epoch !== leaders.epoch) return Math.min(own.endOffset, log.logEndOffset)
  return Math.min(own.endOffset, leaders.endOffset, log.logEndOffset)
}

/**
 * Appends the batches that a leader of `leaderEpoch` answered, and writes them. Bytes behind the last whole batch, and
 * batches of a later epoch, are left out (KAFKA-18723). Returns the number of bytes that were appended.
 */
export function appendFetched(
  log: PartitionLog,
  records: Buffer,
  leaderEpoch: number,
  nowMs: number,
): number {
  let at = 0
  try {
    while (holdsBatch(records, at) && leaderEpochOf(records, at) <= leaderEpoch) {
      const batch = records.subarray(at, at + sizeInBytes(records, at))
      // A log that begins in the middle of a batch takes all of it (KIP-107).
      if (at === 0 && beginsWithin(log, batch)) log.truncateFullyAndStartAt(baseOffset(batch, 0))
      log.stage(batch, { origin: 'replica', leaderEpoch, nowMs })
      at += batch.length
    }
  } finally {
    if (log.failure === undefined) log.commit()
  }
  return at
}

function beginsWithin(log: PartitionLog, batch: Buffer): boolean {
  const { logStartOffset, logEndOffset } = log
  const isEmpty = logStartOffset === logEndOffset
  return isEmpty && baseOffset(batch, 0) < logEndOffset && lastOffset(batch, 0) >= logEndOffset
}
