/** What became of each transaction, as far as its producer knows. */
import { type BeginTransactionCall, type EndTransactionCall, HistoryError } from '../history.ts'
import type { Model, Operation, Transaction } from './types.ts'

export function beginTransaction(model: Model, operation: Operation, call: BeginTransactionCall): void {
  if (model.transactions.has(call.transaction))
    throw new HistoryError(`event ${operation.invokedAt} begins transaction ${call.transaction} again`)
  model.transactions.set(call.transaction, {
    name: call.transaction,
    client: operation.client,
    timeoutMs: call.timeoutMs,
    beganAt: operation.invokedAt,
    sends: [],
    runs: [],
    commitInvokedAt: Number.POSITIVE_INFINITY,
    settledAt: Number.POSITIVE_INFINITY,
    lastAtMs: operation.invokedAtMs,
    status: 'open',
    end: undefined,
  })
}

export function touchTransaction(model: Model, operation: Operation, name: string): void {
  const transaction = transactionNamed(model, name, operation.invokedAt)
  transaction.lastAtMs = operation.invokedAtMs
  if (operation.call.name !== 'commitTransaction') return
  transaction.commitInvokedAt = Math.min(transaction.commitInvokedAt, operation.invokedAt)
  transaction.end = operation
  if (transaction.status === 'committed') return
  transaction.status = 'unknown'
  transaction.settledAt = Number.POSITIVE_INFINITY
}

/**
 * A commit that failed for certain leaves the transaction to be aborted, by its producer or its timeout, unless
 * another attempt is still unknown.
 */
export function endTransaction(
  model: Model,
  operation: Operation,
  call: EndTransactionCall,
  at: number,
  atMs: number,
): void {
  const transaction = transactionNamed(model, call.transaction, at)
  transaction.lastAtMs = atMs
  const { outcome } = operation
  if (outcome === 'ok') settle(transaction, call.name === 'commitTransaction' ? 'committed' : 'aborted', at)
  else if (outcome === 'fail' && call.name === 'commitTransaction' && isOnlyAttempt(transaction, operation))
    settle(transaction, 'aborted', at)
  transaction.end = operation
}

function settle(transaction: Transaction, status: 'committed' | 'aborted', at: number): void {
  transaction.status = status
  transaction.settledAt = at
}

function isOnlyAttempt(transaction: Transaction, operation: Operation): boolean {
  return transaction.status === 'unknown' && transaction.commitInvokedAt === operation.invokedAt
}

function transactionNamed(model: Model, name: string, at: number): Transaction {
  const transaction = model.transactions.get(name)
  if (!transaction) throw new HistoryError(`event ${at} names transaction ${name}, which was not begun`)
  return transaction
}
