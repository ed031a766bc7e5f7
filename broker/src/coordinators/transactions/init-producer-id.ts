/** InitProducerId: a producer takes over a transactional id, and whoever had it before is fenced. */
import { ErrorCode } from '../../wire/index.ts'
import { fence } from './end-transaction.ts'
import {
  isEpochExhausted,
  isPreparing,
  NO_EPOCH,
  NO_PARTITIONS,
  NO_PRODUCER_ID,
  newTransaction,
  type Transaction,
} from './transaction.ts'
import type { Effects, InitProducerId, ProducerResponse } from './types.ts'

export function initProducerId(
  effects: Effects,
  known: Transaction | undefined,
  request: InitProducerId,
): ProducerResponse {
  const { transactionalId, transactionTimeoutMs: timeoutMs } = request
  if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST)
  if (timeoutMs <= 0 || timeoutMs > effects.config.transactionMaxTimeoutMs)
    return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
  const transaction = known ?? newTransaction(transactionalId, effects.newProducerId(), effects.wallMs)
  if (isPreparing(transaction)) return refused(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (!isExpected(transaction, request)) return refused(ErrorCode.PRODUCER_FENCED)
  if (transaction.state === 'Ongoing') {
    // The producer asks again until the abort is complete.
    fence(effects, transaction)
    return refused(ErrorCode.CONCURRENT_TRANSACTIONS)
  }
  const next = nextProducer(effects, transaction, request)
  if (next === undefined) return refused(ErrorCode.PRODUCER_FENCED)
  effects.put({
    ...transaction,
    ...next,
    nextProducerId: NO_PRODUCER_ID,
    timeoutMs,
    state: 'Empty',
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: effects.wallMs,
  })
  return { errorCode: ErrorCode.NONE, producerId: next.producerId, producerEpoch: next.producerEpoch }
}

/**
 * A producer that has an id already (KIP-360) must be the one we know. Or its id was replaced because the epochs were
 * used up and it missed that answer; or the transactional id has expired meanwhile and was just made anew.
 */
function isExpected(transaction: Transaction, { producerId, producerEpoch }: InitProducerId): boolean {
  if (producerId === NO_PRODUCER_ID || transaction.producerEpoch === NO_EPOCH) return true
  if (producerId === transaction.producerId) return true
  return producerId === transaction.previousProducerId && isEpochExhausted(producerEpoch)
}

type Producer = Pick<Transaction, 'producerId' | 'previousProducerId' | 'producerEpoch' | 'lastProducerEpoch'>

/** Undefined if the epoch that the producer names is not, or no longer, its own. */
function nextProducer(
  effects: Effects,
  transaction: Transaction,
  request: InitProducerId,
): Producer | undefined {
  const { producerId, previousProducerId, producerEpoch, lastProducerEpoch } = transaction
  const expected = request.producerId === NO_PRODUCER_ID ? undefined : request.producerEpoch
  if (isEpochExhausted(producerEpoch)) {
    if (expected !== undefined && expected !== producerEpoch) return undefined
    return {
      producerId: effects.newProducerId(),
      previousProducerId: producerId,
      producerEpoch: 0,
      lastProducerEpoch: expected === undefined ? NO_EPOCH : producerEpoch,
    }
  }
  const bumped = { producerId, previousProducerId, producerEpoch: producerEpoch + 1 }
  if (expected === undefined) return { ...bumped, lastProducerEpoch: NO_EPOCH }
  if (producerEpoch === NO_EPOCH || expected === producerEpoch)
    return { ...bumped, lastProducerEpoch: producerEpoch }
  // It asked before and missed the answer.
  return expected === lastProducerEpoch ? transaction : undefined
}

function refused(errorCode: number): ProducerResponse {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH }
}
