/** Appends one partition's batch, prepared first where the topic asks for that. */
import type { Partition } from '../../replication/partition.ts'
import type { RequestContext } from '../../server/context.ts'
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
import { fail, type PartitionResult } from './partition-result.ts'
import type { PendingProduce } from './pending-produce.ts'

export interface BatchToAppend {
  readonly topic: string
  readonly records: Buffer | null
  readonly acks: number
  readonly nowMs: number
}

/** One append on its way. */
interface Append {
  readonly context: RequestContext
  readonly wanted: BatchToAppend
  readonly partition: Partition
  readonly result: PartitionResult
  readonly pending: PendingProduce
}

const ZSTD_SINCE = 7
export function appendBatch(
  context: RequestContext,
  wanted: BatchToAppend,
  result: PartitionResult,
  pending: PendingProduce,
): void {
  const { topic, records, acks, nowMs } = wanted
  const partition = context.broker.replicas.leader(topic, result.index, -1)
  if (typeof partition === 'number') {
    fail(result, new KafkaError(partition))
    if (partition === ErrorCode.NOT_LEADER_OR_FOLLOWER)
      result.currentLeader = leaderHint(context.broker, topic, result.index)
    return
  }
  pending.started()
  const append = { context, wanted, partition, result, pending }
  try {
    const batch = oneBatch(records, context.apiVersion)
    if (acks === -1) partition.checkInSync()
    if (partition.log.needsPreparation(batch)) {
      partition.log.prepare(batch, nowMs, (outcome) => stagePrepared(append, outcome))
    } else stageBatch(append, batch)
  } catch (error) {
    refuse(append, error)
  }
}

function stagePrepared(append: Append, outcome: PromiseSettledResult<Buffer>): void {
  try {
    if (outcome.status === 'rejected') throw outcome.reason
    stageBatch(append, outcome.value)
  } catch (error) {
    if (error instanceof KafkaError) refuse(append, error)
    else append.pending.broke(error)
  }
}

function stageBatch({ context, wanted, partition, result, pending }: Append, batch: Buffer): void {
  const { topic, acks, nowMs } = wanted
  const { leaderEpoch } = partition
  const staged = partition.stage(batch, { origin: 'client', nowMs })
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
  pending.finished()
  if (!(error instanceof KafkaError)) throw error
  context.broker.telemetry.topics.produceFailed(wanted.topic)
  fail(result, error)
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
