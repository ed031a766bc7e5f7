/** DescribeTransactions and ListTransactions (KIP-664). */
import { ErrorCode } from '../../wire/index.ts'
import { type Transaction, type TransactionState, transactionStates } from './transaction.ts'

export interface TransactionFilters {
  /** Names of states; empty for all. */
  readonly states: readonly string[]
  readonly producerIds: readonly number[]
  /** Only those that have been open for longer; negative for all. */
  readonly durationMs: number
  /** Whether a transactional id is wanted. */
  readonly isWanted: (transactionalId: string) => boolean
}

export function describeTransaction(transactionalId: string, transaction: Transaction | undefined) {
  if (transaction === undefined) {
    return {
      errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
      transactionalId,
      transactionState: '',
      transactionTimeoutMs: 0,
      transactionStartTimeMs: 0,
      producerId: 0,
      producerEpoch: 0,
      topics: [],
    }
  }
  const { state, timeoutMs, startMs, producerId, producerEpoch, partitions } = transaction
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: state,
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: startMs,
    producerId,
    producerEpoch,
    topics: [...partitions].map(([topic, indexes]) => ({ topic, partitions: [...indexes] })),
  }
}

export function listTransactions(
  transactions: Iterable<Transaction>,
  { states, producerIds, durationMs, isWanted }: TransactionFilters,
  wallMs: number,
) {
  const isMatch = ({ transactionalId, state, producerId, startMs }: Transaction) =>
    (states.length === 0 || states.includes(state)) &&
    (producerIds.length === 0 || producerIds.includes(producerId)) &&
    (durationMs < 0 || wallMs - startMs > durationMs) &&
    isWanted(transactionalId)
  return [...transactions].filter(isMatch).map(({ transactionalId, producerId, state }) => ({
    transactionalId,
    producerId,
    transactionState: state,
  }))
}

export function isTransactionState(name: string): name is TransactionState {
  return (transactionStates as readonly string[]).includes(name)
}
