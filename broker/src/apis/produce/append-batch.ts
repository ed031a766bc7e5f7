/** Appends one partition's batch, prepared first where the topic asks for that. */
import type { Partition } from '../../replication/partition/partition.ts'
import type { RequestContext } from '../../server/context.ts'
import type { VerificationGuard } from '../../storage/index.ts'
import {
  attributes,
  BatchAttribute,
  Compression,
  ErrorCode,
  holdsBatch,
  KafkaError,
  MAGIC_V2,
  magic,
  sizeInBytes,
} from '../../wire/index.ts'
import { leaderHint } from '../cluster-facts.ts'
import { beginTransaction } from './begin-transaction.ts'
import { fail, type PartitionResult } from './partition-result.ts'
import type { PendingProduce } from './pending-produce.ts'

export interface BatchToAppend {
  readonly topic: string
  readonly records: Buffer | null
  readonly acks: number
  readonly nowMs: number
  readonly transactionalId: string | null
}

/** One append on its way. */
interface Append {
  readonly context: RequestContext
  readonly wanted: BatchToAppend
  readonly partition: Partition
  readonly result: PartitionResult
  readonly pending: PendingProduce
  /** Lets the batch begin a transaction here. */
  verification: VerificationGuard | undefined
}

const ZSTD_SINCE = 7

export function appendBatch(
  context: RequestContext,
  wanted: BatchToAppend,
  result: PartitionResult,
  pending: PendingProduce,
): void {
  const { topic, records, transactionalId } = wanted
  const partition = context.broker.replicas.leader(topic, result.index, -1)
  if (typeof partition === 'number') {
    fail(result, new KafkaError(partition))
    if (partition === ErrorCode.NOT_LEADER_OR_FOLLOWER)
      result.currentLeader = leaderHint(context.broker, topic, result.index)
    return
  }
  pending.started()
  const append: Append = { context, wanted, partition, result, pending, verification: undefined }
  try {
    const batch = oneBatch(records, context.apiVersion)
    const begun = beginTransaction(context, partition, transactionalId, batch)
    const prepare = (guard: VerificationGuard | undefined) => {
      append.verification = guard
      prepareBatch(append, batch)
    }
    if (begun instanceof Promise) begun.then(prepare).catch((error) => refuseLater(append, error))
    else prepare(begun)
  } catch (error) {
    refuse(append, error)
  }
}

function prepareBatch(append: Append, batch: Buffer): void {
  const { partition, wanted } = append
  if (wanted.acks === -1) partition.checkInSync()
  if (partition.log.needsPreparation(batch)) {
    partition.log.prepare(batch, wanted.nowMs, (outcome) => stagePrepared(append, outcome))
  } else stageBatch(append, batch)
}

function stagePrepared(append: Append, outcome: PromiseSettledResult<Buffer>): void {
  try {
    if (outcome.status === 'rejected') throw outcome.reason
    stageBatch(append, outcome.value)
  } catch (error) {
    refuseLater(append, error)
  }
}

function refuseLater(append: Append, error: unknown): void {
  if (error instanceof KafkaError) refuse(append, error)
  else append.pending.broke(error)
}

function stageBatch(append: Append, batch: Buffer): void {
  const { context, wanted, partition, result, pending, verification } = append
  const { topic, acks, nowMs } = wanted
  const { leaderEpoch } = partition
  const staged = partition.stage(batch, { origin: 'client', nowMs, verification })
  result.baseOffset = staged.baseOffset
  result.logAppendTimeMs = staged.logAppendTimeMs
  result.logStartOffset = partition.log.logStartOffset
  const { telemetry } = context.broker
  partition.commit(staged.duplicate ? 0 : batch.length, (error) => {
    context.mark('append')
    if (error !== undefined) telemetry.topics.produceFailed(topic)
    else telemetry.topics.produced(topic, batch.length, staged.lastOffset - staged.baseOffset + 1)
    if (error === undefined && acks === -1) {
      pending.replicate(partition, staged.lastOffset + 1, leaderEpoch, result)
      return
    }
    if (error !== undefined) fail(result, error)
    pending.finished()
  })
}

function refuse({ context, wanted, result, pending }: Append, error: unknown): void {
  if (error instanceof KafkaError) {
    context.broker.telemetry.topics.produceFailed(wanted.topic)
    fail(result, error)
  }
  pending.finished()
  if (!(error instanceof KafkaError)) throw error
}

/** Since version 3 a partition's records are exactly one batch of format v2. */
function oneBatch(records: Buffer | null, version: number): Buffer {
  if (records === null || records.length === 0) {
    throw new KafkaError(
      ErrorCode.INVALID_RECORD,
      'A produce request must carry records for each of its partitions',
    )
  }
  if (!holdsBatch(records, 0) || magic(records, 0) !== MAGIC_V2) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'The records are not a record batch of format v2')
  }
  if (sizeInBytes(records, 0) !== records.length) {
    throw new KafkaError(
      ErrorCode.INVALID_RECORD,
      'A produce request must carry exactly one batch per partition',
    )
  }
  const codec = attributes(records, 0) & BatchAttribute.COMPRESSION_MASK
  if (codec === Compression.ZSTD && version < ZSTD_SINCE)
    throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  return records
}
