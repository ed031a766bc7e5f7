/**
 * The end of a transaction. First the decision is written down (Prepare), then every partition gets its marker, then
 * the transaction is complete. Since transactions of version 2 (KIP-890) each has an epoch of its own: the decision
 * bumps it, before the markers.
 */
import { ErrorCode } from '../../wire/index.ts'
import { assert } from './assert.ts'
import {
  bumpsEpoch,
  isEpochExhausted,
  isPreparing,
  listPartitions,
  NO_EPOCH,
  NO_PARTITIONS,
  NO_PRODUCER_ID,
  type Transaction,
  withoutPartitions,
} from './transaction.ts'
import type { Effects, EndTransaction, MarkersWritten, ProducerResponse, SendMarkers } from './types.ts'

export function endTransaction(
  effects: Effects,
  transaction: Transaction | undefined,
  request: EndTransaction,
): ProducerResponse {
  if (request.transactionalId === '') return refused(ErrorCode.INVALID_REQUEST)
  if (transaction === undefined) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  const verdict = bumpsEpoch(request.transactionVersion)
    ? judgeWithEpochs(transaction, request)
    : judge(transaction, request)
  if (verdict !== 'end') return verdict === ErrorCode.NONE ? answerOf(transaction) : refused(verdict)
  const nextProducerId =
    bumpsEpoch(request.transactionVersion) && isEpochExhausted(transaction.producerEpoch)
      ? effects.newProducerId()
      : NO_PRODUCER_ID
  return answerOf(prepare(effects, transaction, { ...request, nextProducerId }))
}

/** Aborts what a producer left open: a new one takes over, or its time is over. Its epoch is good for nothing more. */
export function fence(effects: Effects, transaction: Transaction): void {
  assert(transaction.state === 'Ongoing', 'only an open transaction is fenced')
  const { clientVersion, producerEpoch } = transaction
  const bumps = bumpsEpoch(clientVersion)
  const fenced = bumps ? transaction : { ...transaction, producerEpoch: producerEpoch + 1 }
  prepare(
    effects,
    { ...fenced, lastProducerEpoch: NO_EPOCH },
    { isCommit: false, transactionVersion: clientVersion, nextProducerId: NO_PRODUCER_ID },
  )
}

/** The markers that a decided transaction still needs. */
export function markersOf(transaction: Transaction, coordinatorEpoch: number): SendMarkers {
  return {
    transactionalId: transaction.transactionalId,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    isCommit: transaction.state === 'PrepareCommit',
    coordinatorEpoch,
    transactionVersion: transaction.clientVersion,
    partitions: listPartitions(transaction.partitions),
  }
}

/** Partitions have their marker. Once none is left the transaction is complete. Answers what is left to be done. */
export function markersWritten(
  effects: Effects,
  transaction: Transaction | undefined,
  request: MarkersWritten,
): Transaction | undefined {
  const isIt =
    transaction?.producerId === request.producerId && transaction.producerEpoch === request.producerEpoch
  if (!isIt || !isPreparing(transaction)) return undefined
  const left = { ...transaction, partitions: withoutPartitions(transaction.partitions, request.partitions) }
  if (left.partitions.size > 0) return left
  effects.put(completed(left, effects.wallMs))
  return undefined
}

interface Decision {
  readonly isCommit: boolean
  readonly transactionVersion: number
  readonly nextProducerId: number
}

function prepare(effects: Effects, transaction: Transaction, decision: Decision): Transaction {
  const { producerEpoch, lastProducerEpoch } = transaction
  const bumps = bumpsEpoch(decision.transactionVersion)
  const isEmpty = transaction.state !== 'Ongoing'
  const prepared: Transaction = {
    ...transaction,
    state: decision.isCommit ? 'PrepareCommit' : 'PrepareAbort',
    producerEpoch: bumps ? producerEpoch + 1 : producerEpoch,
    lastProducerEpoch: bumps ? producerEpoch : lastProducerEpoch,
    nextProducerId: decision.nextProducerId,
    startMs: isEmpty ? effects.wallMs : transaction.startMs,
    lastUpdateMs: effects.wallMs,
    clientVersion: decision.transactionVersion,
  }
  effects.put(prepared)
  effects.effects.push(markersOf(prepared, effects.coordinatorEpoch))
  return prepared
}

function completed(transaction: Transaction, wallMs: number): Transaction {
  const { state, producerId, nextProducerId } = transaction
  const replaced = nextProducerId !== NO_PRODUCER_ID
  return {
    ...transaction,
    ...(replaced && { producerId: nextProducerId, previousProducerId: producerId, producerEpoch: 0 }),
    nextProducerId: NO_PRODUCER_ID,
    state: state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: NO_PARTITIONS,
    lastUpdateMs: wallMs,
  }
}

/** With what the producer goes on. */
function answerOf(transaction: Transaction): ProducerResponse {
  const { producerId, producerEpoch, nextProducerId } = transaction
  return nextProducerId === NO_PRODUCER_ID
    ? { errorCode: ErrorCode.NONE, producerId, producerEpoch }
    : { errorCode: ErrorCode.NONE, producerId: nextProducerId, producerEpoch: 0 }
}

type Verdict = 'end' | number

/** Version 1: the same request may come again, and is answered as before. */
function judge(transaction: Transaction, request: EndTransaction): Verdict {
  if (transaction.producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (transaction.producerEpoch !== request.producerEpoch) return ErrorCode.PRODUCER_FENCED
  const { isCommit } = request
  switch (transaction.state) {
    case 'Ongoing':
      return 'end'
    case 'CompleteCommit':
      return isCommit ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
    case 'CompleteAbort':
      return isCommit ? ErrorCode.INVALID_TXN_STATE : ErrorCode.NONE
    default:
      return isPreparing(transaction) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE
  }
}

/**
 * Version 2: a request that comes again is told by its epoch, which is one behind; the same epoch means the next
 * transaction. That one may be aborted without having written anything.
 */
function judgeWithEpochs(transaction: Transaction, request: EndTransaction): Verdict {
  // First of all: the producer may be at its next epoch, or id, which hold only once this transaction is complete.
  if (isPreparing(transaction)) return ErrorCode.CONCURRENT_TRANSACTIONS
  const { producerId, producerEpoch, isCommit } = request
  const isReplaced =
    transaction.previousProducerId === producerId &&
    isEpochExhausted(producerEpoch) &&
    transaction.producerEpoch === 0
  if (transaction.producerId !== producerId && !isReplaced) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  const { state } = transaction
  const isCurrent = transaction.producerEpoch === producerEpoch
  // Only where the end itself has bumped the epoch: with version 1 an epoch that is one behind is that of a zombie.
  const isRetry = isReplaced || transaction.producerEpoch === producerEpoch + 1
  if (
    isRetry &&
    bumpsEpoch(transaction.clientVersion) &&
    (state === 'CompleteCommit' || state === 'CompleteAbort')
  ) {
    return isCommit === (state === 'CompleteCommit') ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
  }
  if (!isCurrent) return ErrorCode.PRODUCER_FENCED
  if (state === 'Ongoing') return 'end'
  return isCommit ? ErrorCode.INVALID_TXN_STATE : 'end'
}

function refused(errorCode: number): ProducerResponse {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH }
}
