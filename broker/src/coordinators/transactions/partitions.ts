/** AddPartitionsToTxn: which partitions a transaction writes to, or whether it does (KIP-890). */
import { ErrorCode } from '../../wire/index.ts'
import { contains, isPreparing, type Transaction, withPartitions } from './transaction.ts'
import type { AddPartitions, Effects, TransactionRef, VerifyPartitions } from './types.ts'

export function addPartitions(
  effects: Effects,
  transaction: Transaction | undefined,
  request: AddPartitions,
): number {
  // First of all: a producer may be at its next epoch, or id, which hold only once the transaction before is complete.
  if (transaction !== undefined && isPreparing(transaction)) return ErrorCode.CONCURRENT_TRANSACTIONS
  const errorCode = refusal(transaction, request)
  if (errorCode !== ErrorCode.NONE || transaction === undefined) return errorCode
  const isOngoing = transaction.state === 'Ongoing'
  if (isOngoing && request.partitions.every((each) => contains(transaction, each))) return ErrorCode.NONE
  effects.put({
    ...transaction,
    state: 'Ongoing',
    partitions: withPartitions(transaction.partitions, request.partitions),
    startMs: isOngoing ? transaction.startMs : effects.wallMs,
    lastUpdateMs: effects.wallMs,
    clientVersion: request.transactionVersion,
  })
  return ErrorCode.NONE
}

export function verifyPartitions(transaction: Transaction | undefined, request: VerifyPartitions): number[] {
  const errorCode = refusal(transaction, request)
  if (errorCode !== ErrorCode.NONE || transaction === undefined)
    return request.partitions.map(() => errorCode)
  return request.partitions.map((each) =>
    contains(transaction, each) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE,
  )
}

function refusal(transaction: Transaction | undefined, request: TransactionRef): number {
  if (request.transactionalId === '') return ErrorCode.INVALID_REQUEST
  if (transaction?.producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (transaction.producerEpoch !== request.producerEpoch) return ErrorCode.PRODUCER_FENCED
  return isPreparing(transaction) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE
}
