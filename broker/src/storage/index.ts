/**
 * Kafka's on-disk log: partition logs with their segments, indexes and checkpoints, in Kafka's own formats.
 */

export type { BatchOrigin } from './batches/validation.ts'
export { type CleanerSettings, defaultCleanerSettings } from './cleaner/settings.ts'
export { type EpochEndOffset, UNDEFINED_EPOCH, UNDEFINED_OFFSET } from './epochs/leader-epochs.ts'
export { type RecordError, RecordValidationError, StorageError } from './errors.ts'
export type { StagedBatch, StageOptions } from './log/append.ts'
export { defaultLogConfig, type LogConfig } from './log/log-config.ts'
export type { LogContext, LogStart, Shutdown } from './log/log-context.ts'
export { type Allocate, NO_RECORDS, type ReadLimits } from './log/log-reader.ts'
export type { LogIdentity } from './log/log-state.ts'
export { PartitionLog } from './log/partition-log.ts'
export type { FoundTimestamp } from './log/timestamp-search.ts'
export { LogDirError } from './log-dir/log-dir.ts'
export { LogManager, type LogManagerOptions } from './log-dir/log-manager.ts'
export type { AbortedTransaction } from './producers/aborted-transactions.ts'
export type { ProducerBatch, ProducerEntry, ProducerStamp } from './producers/producer-entry.ts'
export type { VerificationGuard } from './producers/verification-guard.ts'
export { FilePool } from './segment/file-pool.ts'
export type { Sliced } from './slices.ts'
