/**
 * The records of `__transaction_state` in Kafka's formats. With transaction.version 0 values are written in version 0,
 * else in version 1; both are read.
 */
import { decode, encode, message, t, WireError } from '../../wire/index.ts'
import type { CoordinatorRecord } from '../coordinator-shard.ts'
import { NO_EPOCH, type Partitions, type Transaction, transactionStates } from './transaction.ts'

export const KEY_TYPE = 0

export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  versions: [0, 0],
  fields: { type: t.int16(), transactionalId: t.string() },
})

export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexible: 1,
  fields: {
    version: t.int16(),
    producerId: t.int64(),
    previousProducerId: t.int64({ since: 1, tag: 0, default: -1, ignorable: true }),
    nextProducerId: t.int64({ since: 1, tag: 1, default: -1, ignorable: true }),
    producerEpoch: t.int16(),
    nextProducerEpoch: t.int16({ since: 1, tag: 3, default: -1, ignorable: true }),
    transactionTimeoutMs: t.int32(),
    transactionStatus: t.int8(),
    transactionPartitions: t.array({ topic: t.string(), partitionIds: t.array(t.int32()) }, { nullable: 0 }),
    transactionLastUpdateTimestampMs: t.int64(),
    transactionStartTimestampMs: t.int64(),
    clientTransactionVersion: t.int16({ since: 1, tag: 2, default: 0, ignorable: true }),
  },
})

export function transactionRecord(transaction: Transaction, version: number): CoordinatorRecord {
  const value = encode(TransactionLogValue, version, {
    version,
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transactionStates.indexOf(transaction.state),
    transactionPartitions: writePartitions(transaction),
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
    clientTransactionVersion: transaction.clientVersion,
  })
  return { key: keyOf(transaction.transactionalId), value }
}

export function transactionTombstone(transactionalId: string): CoordinatorRecord {
  return { key: keyOf(transactionalId), value: null }
}

/** Undefined for a record of a type that is not known here. */
export function readTransaction(
  key: Buffer,
  value: Buffer | null,
): { transactionalId: string; transaction: Transaction | null } | undefined {
  if (int16At(key) !== KEY_TYPE) return undefined
  const { transactionalId } = decode(TransactionLogKey, 0, key)
  return { transactionalId, transaction: value === null ? null : readValue(transactionalId, value) }
}

function readValue(transactionalId: string, value: Buffer): Transaction {
  const fields = decode(TransactionLogValue, int16At(value), value)
  const state = transactionStates[fields.transactionStatus]
  if (state === undefined) throw new WireError(`a transaction has the state ${fields.transactionStatus}`)
  return {
    transactionalId,
    producerId: fields.producerId,
    previousProducerId: fields.previousProducerId,
    nextProducerId: fields.nextProducerId,
    producerEpoch: fields.producerEpoch,
    lastProducerEpoch: NO_EPOCH,
    timeoutMs: fields.transactionTimeoutMs,
    state,
    partitions: readPartitions(fields.transactionPartitions),
    startMs: fields.transactionStartTimestampMs,
    lastUpdateMs: fields.transactionLastUpdateTimestampMs,
    clientVersion: fields.clientTransactionVersion,
  }
}

function writePartitions({ state, partitions }: Transaction) {
  if (state === 'Empty') return null
  return [...partitions].map(([topic, indexes]) => ({ topic, partitionIds: [...indexes] }))
}

function readPartitions(
  topics: readonly { readonly topic: string; readonly partitionIds: readonly number[] }[] | null,
): Partitions {
  return new Map((topics ?? []).map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]))
}

function keyOf(transactionalId: string): Buffer {
  return encode(TransactionLogKey, 0, { type: KEY_TYPE, transactionalId })
}

function int16At(buffer: Buffer): number {
  if (buffer.length < 2) throw new WireError(`a record of ${buffer.length} bytes names no type or version`)
  return buffer.readInt16BE(0)
}
