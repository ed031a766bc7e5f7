/** Staging: a batch is checked, gets its offsets in place, and waits for the next commit. */
import { type EndTransactionMarker, ErrorCode, KafkaError } from '../../wire/index.ts'
import {
  baseOffsetOf,
  decodeMarker,
  isControlBatch,
  lastOffsetDeltaOf,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  setBaseOffset,
  setLeaderEpoch,
  setLogAppendTime,
} from '../batches/batch.ts'
import { type BatchOrigin, validateBatch } from '../batches/validation.ts'
import type { ProducerBatch, ProducerStamp } from '../producers/producer-entry.ts'
import { NO_PRODUCER_ID } from '../producers/producer-states.ts'
import type { VerificationGuard } from '../producers/verification-guard.ts'
import type { LogState } from './log-state.ts'
import { mustRoll } from './roll-rules.ts'

export interface StageOptions {
  /** Of the leader that appends; a replica's batch has its own. */
  readonly leaderEpoch: number
  readonly nowMs: number
  readonly origin: BatchOrigin
  /** Lets a batch begin a transaction here: its coordinator was asked. */
  readonly verification?: VerificationGuard | undefined
  /** Of the transaction that a marker ends. */
  readonly transactionVersion?: number
}

export interface StagedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 unless the topic has LogAppendTime. */
  readonly logAppendTimeMs: number
  /**
   * The batch was appended, or staged, before: these are its offsets from then. Answer it after the next
   * commit.
   */
  readonly duplicate: boolean
}

/** So much more data than the last producer snapshot covers is replayed at a start at most. */
const SNAPSHOT_INTERVAL_BYTES = 64 << 20

export function stageBatch(log: LogState, batch: Buffer, options: StageOptions): StagedBatch {
  const { origin, nowMs, leaderEpoch } = options
  const isReplica = origin === 'replica'
  validateBatch(batch, origin, log.config, nowMs)
  const appendsTime = log.config.messageTimestampType === 'LogAppendTime' && !isReplica
  const hasProducer = producerIdOf(batch, 0) !== NO_PRODUCER_ID
  const marker = isControlBatch(batch, 0) ? decodeMarker(batch, 0) : undefined
  if (hasProducer && !isReplica) {
    const repeated = checkProducer(log, batch, marker, options)
    if (repeated !== undefined) return answerDuplicate(repeated, appendsTime)
  }
  const baseOffset = isReplica ? replicaOffset(log, batch) : log.stagedEndOffset
  const timestampMs = appendsTime ? nowMs : maxTimestampOf(batch, 0)
  const epoch = isReplica ? leaderEpochOf(batch, 0) : leaderEpoch
  try {
    rollIfNeeded(log, batch, baseOffset, timestampMs, nowMs)
    log.assignEpoch(epoch, baseOffset)
  } catch (error) {
    throw error instanceof KafkaError ? error : log.fail('staging', error)
  }
  if (!isReplica) {
    setBaseOffset(batch, 0, baseOffset)
    setLeaderEpoch(batch, 0, epoch)
    if (appendsTime) setLogAppendTime(batch, 0, nowMs)
  }
  if (hasProducer) noteProducer(log, batch, marker)
  if (log.stagedEndOffset === log.flusher.recoveryPoint) log.unflushedSinceMs = log.context.clock.monotonic()
  const lastOffset = lastOffsetOf(batch, 0)
  log.staged.push(batch)
  log.stagedBytes += batch.length
  log.stagedEndOffset = lastOffset + 1
  return { baseOffset, lastOffset, logAppendTimeMs: appendsTime ? nowMs : -1, duplicate: false }
}

/** Throws KafkaError; returns the batch that this one repeats, if it does. */
function checkProducer(
  log: LogState,
  batch: Buffer,
  marker: EndTransactionMarker | undefined,
  { origin, verification, transactionVersion = 0 }: StageOptions,
): ProducerBatch | undefined {
  const { states } = log.producers
  if (origin === 'client') return states.check(batch, verification)
  // What a coordinator writes for a producer was checked before it took effect there.
  if (marker !== undefined) states.checkMarker(stampOf(batch), marker, transactionVersion)
  return undefined
}

function noteProducer(log: LogState, batch: Buffer, marker: EndTransactionMarker | undefined): void {
  const { states } = log.producers
  if (marker === undefined) {
    states.update(batch, 0)
    return
  }
  const aborted = states.end(batch, 0, marker)
  if (aborted !== undefined) log.stagedAborts.push(aborted)
}

function stampOf(batch: Buffer): ProducerStamp {
  return { producerId: producerIdOf(batch, 0), producerEpoch: producerEpochOf(batch, 0) }
}

/**
 * A roll commits what was staged before it: a segment, and the producer snapshot at its start, have one
 * end.
 */
function rollIfNeeded(
  log: LogState,
  batch: Buffer,
  baseOffset: number,
  timestampMs: number,
  nowMs: number,
): void {
  const incoming = {
    sizeBytes: batch.length,
    lastOffset: baseOffset + lastOffsetDeltaOf(batch, 0),
    timestampMs,
    stagedBytes: log.stagedBytes,
    stagedBatches: log.staged.length,
  }
  if (mustRoll(log.segments.active, incoming, log.config, nowMs)) {
    log.commit()
    if (log.segments.active.sizeBytes > 0) log.roll()
    // The first batch of a compacted log may be too far from an offset that the follower began at.
    else log.segments.restartAt(baseOffset, log.config, log.context.clock.monotonic())
  } else if (log.bytesSinceSnapshot > SNAPSHOT_INTERVAL_BYTES) {
    log.commit()
    log.takeSnapshot()
  }
}

function replicaOffset(log: LogState, batch: Buffer): number {
  const baseOffset = baseOffsetOf(batch, 0)
  if (baseOffset >= log.stagedEndOffset) return baseOffset
  const message = `Append of a batch at offset ${baseOffset} to ${log.folder}, which ends at ${log.stagedEndOffset}`
  throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, message)
}

function answerDuplicate(batch: ProducerBatch, appendsTime: boolean): StagedBatch {
  return {
    baseOffset: batch.lastOffset - batch.offsetDelta,
    lastOffset: batch.lastOffset,
    logAppendTimeMs: appendsTime ? batch.timestampMs : -1,
    duplicate: true,
  }
}
