/**
 * Kafka's on-disk log: partition logs with their segments, indexes and checkpoints, in Kafka's own formats.
 */
export type { AbortedTransaction } from './aborted-transactions.ts'
export type { StagedBatch, StageOptions } from './append.ts'
export { type RecordError, RecordValidationError, StorageError } from './errors.ts'
export { FilePool } from './file-pool.ts'
export { type EpochEndOffset, UNDEFINED_EPOCH, UNDEFINED_OFFSET } from './leader-epochs.ts'
export { defaultLogConfig, type LogConfig } from './log-config.ts'
export type { LogContext, LogStart, Shutdown } from './log-context.ts'
export { LogDirError } from './log-dir.ts'
export { LogManager, type LogManagerOptions } from './log-manager.ts'
export { type Allocate, NO_RECORDS, type ReadLimits } from './log-reader.ts'
export type { LogIdentity } from './log-state.ts'
export { PartitionLog } from './partition-log.ts'
export type { ProducerBatch, ProducerEntry } from './producer-entry.ts'
export type { FoundTimestamp } from './timestamp-search.ts'
export type { BatchOrigin } from './validation.ts'
export type { VerificationGuard } from './verification-guard.ts'
