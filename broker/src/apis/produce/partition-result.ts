/** What becomes of one partition's batch. */
import { RecordValidationError } from '../../storage/index.ts'
import { ErrorCode, type KafkaError } from '../../wire/index.ts'

export interface PartitionResult {
  readonly index: number
  errorCode: number
  errorMessage: string | null
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: { batchIndex: number; batchIndexErrorMessage: string }[]
  currentLeader: { leaderId: number; leaderEpoch: number }
}

const NO_LEADER_HINT = { leaderId: -1, leaderEpoch: -1 }

export function emptyResult(index: number): PartitionResult {
  return {
    index,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    currentLeader: NO_LEADER_HINT,
  }
}

export function fail(result: PartitionResult, error: KafkaError): void {
  result.errorCode = error.code
  result.errorMessage = error.message
  result.baseOffset = -1
  result.logAppendTimeMs = -1
  if (!(error instanceof RecordValidationError)) return
  result.recordErrors = error.recordErrors.map(({ batchIndex, message }) => ({
    batchIndex,
    batchIndexErrorMessage: message,
  }))
}
