/** Keeps the checkpoint files of a log dir up to date: one write at a time, only what changed. */
import type { Disk } from '../../runtime/types.ts'
import type { CheckpointChanges } from '../log/log-context.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { PartitionOffset } from './checkpoint-file.ts'
import {
  CLEANER_OFFSET_CHECKPOINT,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_OFFSET_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
  writeCheckpoint,
} from './log-dir.ts'

const HIGH_WATERMARK_INTERVAL_MS = 5_000
const RECOVERY_POINT_INTERVAL_MS = 60_000

type ChangeName = 'recoveryPoints' | 'logStartOffsets' | 'highWatermarks' | 'cleanerOffsets'

const FILES: readonly [ChangeName, string, (log: PartitionLog) => number][] = [
  ['recoveryPoints', RECOVERY_POINT_CHECKPOINT, (log) => log.checkpointing.settledPoint],
  ['logStartOffsets', LOG_START_OFFSET_CHECKPOINT, (log) => log.logStartOffset],
  ['highWatermarks', HIGH_WATERMARK_CHECKPOINT, (log) => log.highWatermark],
  ['cleanerOffsets', CLEANER_OFFSET_CHECKPOINT, (log) => log.cleanerOffset],
]

export interface CheckpointerOptions {
  readonly disk: Disk
  readonly path: string
  readonly changes: CheckpointChanges
  readonly logs: () => PartitionLog[]
  /** A checkpoint could not be written; it is tried again when its time comes. */
  readonly onError: (error: unknown) => void
}

export class Checkpointer {
  readonly #options: CheckpointerOptions
  #highWatermarksDueMs: number
  #othersDueMs: number
  #writing: Promise<void> | undefined

  constructor(options: CheckpointerOptions, nowMs: number) {
    this.#options = options
    this.#highWatermarksDueMs = nowMs + HIGH_WATERMARK_INTERVAL_MS
    this.#othersDueMs = nowMs + RECOVERY_POINT_INTERVAL_MS
  }

  tick(nowMs: number): void {
    if (this.#writing !== undefined) return
    const { changes, onError } = this.#options
    const isDue = (dueMs: number) => changes.isUrgent || nowMs >= dueMs
    const names: ChangeName[] = []
    if (isDue(this.#highWatermarksDueMs)) {
      this.#highWatermarksDueMs = nowMs + HIGH_WATERMARK_INTERVAL_MS
      names.push('highWatermarks')
    }
    if (isDue(this.#othersDueMs)) {
      this.#othersDueMs = nowMs + RECOVERY_POINT_INTERVAL_MS
      names.push('recoveryPoints', 'logStartOffsets', 'cleanerOffsets')
    }
    changes.isUrgent = false
    const changed = names.filter((name) => changes[name])
    if (changed.length === 0) return
    this.#writing = this.#write(changed)
      .catch(onError)
      .finally(() => {
        this.#writing = undefined
      })
  }

  async writeAll(): Promise<void> {
    await this.#writing
    await this.#write(['recoveryPoints', 'logStartOffsets', 'highWatermarks', 'cleanerOffsets'])
  }

  /** A change that comes while a file is written counts for the next time. */
  async #write(names: readonly ChangeName[]): Promise<void> {
    const { disk, path, changes, logs } = this.#options
    for (const [name, file, offsetOf] of FILES) {
      if (!names.includes(name)) continue
      changes[name] = false
      const told = name === 'cleanerOffsets' ? logs().filter(wasCleaned) : logs()
      const entries = told.map((log) => ({ log, offset: offsetOf(log) }))
      try {
        await writeCheckpoint(disk, path, file, entries.map(partitionOffset))
      } catch (error) {
        changes[name] = true
        throw error
      }
      if (name !== 'recoveryPoints') continue
      for (const { log, offset } of entries) {
        log.checkpointing.checkpointed(offset)
        // There is more to tell once it is settled.
        if (offset < log.recoveryPoint) changes.recoveryPoints = true
      }
    }
  }
}

function partitionOffset({ log, offset }: { log: PartitionLog; offset: number }): PartitionOffset {
  return { topic: log.topic, partition: log.partition, offset }
}

function wasCleaned(log: PartitionLog): boolean {
  return log.cleanerOffset > 0
}
