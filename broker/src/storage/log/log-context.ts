import type { Clock, Codecs, Disk, Random } from '../../runtime/types.ts'
import type { StorageError } from '../errors.ts'
import type { DeletionQueue } from '../log-dir/deletion-queue.ts'
import type { FilePool } from '../segment/file-pool.ts'
import type { LogIdentity, LogState } from './log-state.ts'

/** What all logs of a log dir share. */
export interface LogContext {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly codecs: Codecs
  readonly pool: FilePool
  readonly deletions: DeletionQueue
  /** Logs that hold memory, open files or data that is to be flushed. */
  readonly active: Set<LogState>
  readonly changes: CheckpointChanges
  /** A log lacks more than the last write that a killed process may have torn. Told before anything is cut. */
  readonly onDamage: () => void
  /** A disk operation failed, and not for want of room: what this process wrote before may be gone as well. */
  readonly onUnreliable: () => void
  readonly onOffline: (log: LogIdentity, error: StorageError) => void
}

/** Which checkpoint files of the log dir are out of date. */
export interface CheckpointChanges {
  recoveryPoints: boolean
  logStartOffsets: boolean
  highWatermarks: boolean
  cleanerOffsets: boolean
  /** A log was cut at either end: its checkpoints must not wait for their turn. */
  isUrgent: boolean
}

/** What the checkpoints of the log dir know about a log that is being opened. */
export interface LogStart {
  readonly logStartOffset: number
  readonly recoveryPoint: number
  readonly highWatermark: number
  /** Where the last cleaning ended. */
  readonly cleanerOffset: number
  readonly shutdown: Shutdown
  /** What the folder has, if that is known. */
  readonly names?: readonly string[]
}

/**
 * How the previous process ended. `clean`: everything was flushed and indexed. `killed`: without warning,
 * but the
 * machine ran on, so all that was written is there and only the last write may be torn. `unknown`: perhaps
 * a power
 * loss; nothing past the recovery point is to be trusted.
 */
export type Shutdown = 'clean' | 'killed' | 'unknown'

export const NEW_LOG: LogStart = {
  logStartOffset: 0,
  recoveryPoint: 0,
  highWatermark: 0,
  cleanerOffset: 0,
  shutdown: 'unknown',
}
