/** What the APIs of transactions have in common: which clients know which codes. */
import { ErrorCode } from '../wire/index.ts'

/** PRODUCER_FENCED came with KIP-588; to clients of before the same is told in the older words. */
export function fencedCode(errorCode: number, knowsFenced: boolean): number {
  return errorCode === ErrorCode.PRODUCER_FENCED && !knowsFenced
    ? ErrorCode.INVALID_PRODUCER_EPOCH
    : errorCode
}

/**
 * What a leader tells a producer whose transaction could not be verified. A code that older producers would not retry
 * is told as one that they do.
 */
export function verificationError(errorCode: number, knowsAbortable: boolean): number {
  if (errorCode === ErrorCode.TRANSACTION_ABORTABLE && !knowsAbortable) return ErrorCode.INVALID_TXN_STATE
  if (errorCode === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH
  return RETRIED.has(errorCode) ? ErrorCode.NOT_ENOUGH_REPLICAS : errorCode
}

/** As `verificationError`, in the words of a group coordinator. */
export function offsetVerificationError(errorCode: number, knowsAbortable: boolean): number {
  if (errorCode === ErrorCode.TRANSACTION_ABORTABLE && !knowsAbortable) return ErrorCode.INVALID_TXN_STATE
  if (errorCode === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH
  return errorCode === ErrorCode.NETWORK_EXCEPTION ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : errorCode
}

const RETRIED: ReadonlySet<number> = new Set([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])
