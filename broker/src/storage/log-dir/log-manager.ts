/** All partition logs of one log dir: opening, creating, deleting, and the housekeeping that they need. */
import type { Clock, Codecs, Disk, Moment, Random, Timers } from '../../runtime/types.ts'
import { ErrorCode, KafkaError, ZERO_UUID } from '../../wire/index.ts'
import { LogCleaner } from '../cleaner/log-cleaner.ts'
import { type CleanerSettings, defaultCleanerSettings } from '../cleaner/settings.ts'
import { StorageError } from '../errors.ts'
import { defaultLogConfig, type LogConfig } from '../log/log-config.ts'
import { type LogContext, type LogStart, NEW_LOG, type Shutdown } from '../log/log-context.ts'
import type { LogIdentity, LogState } from '../log/log-state.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { encodePartitionMetadata } from '../log/partition-metadata.ts'
import {
  DELETED_FOLDER_SUFFIX,
  PARTITION_METADATA,
  partitionFolderName,
  retiredFolderName,
  STRAY_FOLDER_SUFFIX,
} from '../names.ts'
import { FilePool } from '../segment/file-pool.ts'
import { runToEnd, type Sliced } from '../slices.ts'
import { Checkpointer } from './checkpointer.ts'
import { DeletionQueue } from './deletion-queue.ts'
import { closeAll } from './log-closing.ts'
import {
  distrustLogDir,
  type LogDirOwner,
  markCleanShutdown,
  noteBrokerEpoch,
  openLogDir,
} from './log-dir.ts'
import { LogRegistry } from './log-registry.ts'
import { loadFolder, loadLogs } from './log-scan.ts'
import { SlicedTask } from './sliced-task.ts'

export interface LogManagerOptions extends LogDirOwner {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly codecs: Codecs
  readonly directory: string
  /** What is known of a topic's configuration when its logs are opened. */
  readonly configOf?: (topic: string) => LogConfig
  /** One partition's disk failed; all others go on. */
  readonly onOffline: (log: LogIdentity, error: StorageError) => void
  readonly onCheckpointError: (error: unknown) => void
  /** `log.retention.check.interval.ms` */
  readonly retentionCheckIntervalMs?: number
  /** `log.initial.task.delay.ms` */
  readonly initialTaskDelayMs?: number
  readonly openFilesMax?: number
  readonly cleaner?: CleanerSettings
  /** A compacted log that cannot be cleaned grows; everything else about it works. */
  readonly onUncleanable: (log: LogIdentity, error: unknown) => void
}

const RETENTION_CHECK_INTERVAL_MS = 300_000
const INITIAL_TASK_DELAY_MS = 30_000
const PRODUCER_EXPIRY_INTERVAL_MS = 600_000
const IDLE_SWEEP_INTERVAL_MS = 30_000
const SLICE_MS = 2
const ROOM_BYTES = 64 * 1024 * 1024
const ROOM_OF_TOTAL = 0.05

export class LogManager {
  readonly directory: string
  readonly directoryId: string
  readonly shutdown: Shutdown
  readonly #options: LogManagerOptions
  readonly #context: LogContext
  readonly #logs = new LogRegistry()
  readonly #checkpointer: Checkpointer
  readonly #tasks: SlicedTask[]
  readonly #cleaner: LogCleaner
  #sweepDueMs: number
  #sweepQueue: LogState[] = []
  #isUnreliable = false
  #offlineWatcher: ((log: LogIdentity) => void) | undefined
  #previousBrokerEpoch: number

  private constructor(options: LogManagerOptions, opened: Awaited<ReturnType<typeof openLogDir>>) {
    this.#options = options
    this.directory = options.directory
    this.directoryId = opened.directoryId
    this.shutdown = opened.shutdown
    this.#previousBrokerEpoch = opened.previousBrokerEpoch
    const { disk, clock, random, codecs, directory } = options
    const changes = {
      recoveryPoints: true,
      logStartOffsets: false,
      highWatermarks: false,
      cleanerOffsets: false,
      isUrgent: false,
    }
    this.#context = {
      disk,
      clock,
      random,
      codecs,
      changes,
      pool: new FilePool(disk, options.openFilesMax),
      deletions: new DeletionQueue(disk),
      active: new Set(),
      onDamage: () => this.#onDamage(),
      onUnreliable: () => this.#onUnreliable(),
      onOffline: (log, error) => this.#onOffline(log, error),
    }
    const nowMs = clock.monotonic()
    const logs = () => this.all()
    const onError = options.onCheckpointError
    this.#checkpointer = new Checkpointer({ disk, path: directory, changes, logs, onError }, nowMs)
    this.#sweepDueMs = nowMs + IDLE_SWEEP_INTERVAL_MS
    const settings = options.cleaner ?? defaultCleanerSettings
    const { onUncleanable } = options
    this.#cleaner = new LogCleaner({ clock, settings, logs, onUncleanable }, nowMs)
    this.#tasks = [
      new SlicedTask({
        firstDueMs: nowMs + (options.initialTaskDelayMs ?? INITIAL_TASK_DELAY_MS),
        intervalMs: options.retentionCheckIntervalMs ?? RETENTION_CHECK_INTERVAL_MS,
        run: (log, { wallMs }) => void log.applyRetention(wallMs),
      }),
      new SlicedTask({
        firstDueMs: nowMs + PRODUCER_EXPIRY_INTERVAL_MS,
        intervalMs: PRODUCER_EXPIRY_INTERVAL_MS,
        run: (log, now) => log.expireProducers(now),
      }),
    ]
  }

  /** Throws a LogDirError if the folder belongs to another broker or cluster. */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const opened = await openLogDir(options.disk, options.random, options.directory, options)
    const manager = new LogManager(options, opened)
    const configOf = options.configOf ?? (() => defaultLogConfig)
    const { directory, timers } = options
    await loadLogs(
      { context: manager.#context, timers, directory, shutdown: opened.shutdown, configOf },
      manager.#logs,
    )
    return manager
  }

  /** The last registration under which the folder was used, if nothing written then is lost; else -1. */
  get previousBrokerEpoch(): number {
    return this.#previousBrokerEpoch
  }

  /** Undefined if there is no such log; throws KAFKA_STORAGE_ERROR if it could not be opened. */
  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(topic, partition)
  }

  /** All logs that could be opened, those that went offline since included. */
  all(): PartitionLog[] {
    return this.#logs.all()
  }

  /** Tells of logs that go offline from now on. */
  watchOffline(watcher: (log: LogIdentity) => void): void {
    this.#offlineWatcher = watcher
  }

  get openFileCount(): number {
    return this.#context.pool.openCount
  }

  space(): { totalBytes: number; usableBytes: number } {
    return this.#options.disk.space(this.directory)
  }

  /** Whether it is worth a try to write again after there was no room. */
  get hasRoom(): boolean {
    const { totalBytes, usableBytes } = this.space()
    return usableBytes >= Math.min(ROOM_BYTES, totalBytes * ROOM_OF_TOTAL)
  }

  /** Returns the log that is there already if it has the same topic id. */
  create(topic: string, partition: number, topicId: string, config: LogConfig): PartitionLog {
    const existing = this.get(topic, partition)
    if (existing !== undefined) return adopt(existing, topicId)
    const folder = `${this.directory}/${partitionFolderName(topic, partition)}`
    const { disk } = this.#context
    let start: LogStart = NEW_LOG
    try {
      const isNew = disk.makeFolder(folder)
      disk.writeFile(`${folder}/${PARTITION_METADATA}`, encodePartitionMetadata(topicId))
      if (isNew) start = { ...NEW_LOG, names: [PARTITION_METADATA] }
    } catch (error) {
      throw new StorageError(`creating ${folder}`, error)
    }
    const identity = { topic, partition, topicId, folder }
    const log = runToEnd(PartitionLog.open(this.#context, identity, config, start))
    this.#logs.add(log)
    return log
  }

  /**
   * Opens a log again that went offline for want of room, as after the end of its process; not while a disk is at work
   * for it, and never if that disk itself may be at fault: those are for the next start of the broker. Returns whether
   * nothing stands in the way of `get` and `create`. To be given up when the log is deleted.
   */
  *reopen(topic: string, partition: number, config: LogConfig): Sliced<boolean> {
    if (!this.#logs.has(topic, partition)) return true
    const start = this.#logs.restartOf(topic, partition)
    if (start === undefined) return false
    const folder = `${this.directory}/${partitionFolderName(topic, partition)}`
    yield* loadFolder(this.#context, { topic, partition, folder }, config, start, this.#logs)
    return this.#logs.isOnline(topic, partition)
  }

  /** Takes the partition away at once; its space comes back after `file.delete.delay.ms`. */
  delete(topic: string, partition: number, nowMs: number): void {
    const config = this.#remove(topic, partition)?.config ?? defaultLogConfig
    const deleted = this.#retire(topic, partition, DELETED_FOLDER_SUFFIX)
    if (deleted !== undefined) this.#context.deletions.add(deleted, nowMs + config.fileDeleteDelayMs)
  }

  /** Takes a log away whose topic id nobody knows, and keeps its folder: a person may still want the records. */
  setAside(topic: string, partition: number): string | undefined {
    this.#remove(topic, partition)
    return this.#retire(topic, partition, STRAY_FOLDER_SUFFIX)
  }

  #remove(topic: string, partition: number): PartitionLog | undefined {
    const log = this.#logs.remove(topic, partition)
    log?.abandon()
    return log
  }

  /** Renames a partition's folder out of the way; undefined if there is none. */
  #retire(topic: string, partition: number, suffix: string): string | undefined {
    const folder = `${this.directory}/${partitionFolderName(topic, partition)}`
    const { disk, random, changes } = this.#context
    const uuidHex = random.bytes(16).toString('hex')
    const retired = `${this.directory}/${retiredFolderName(topic, partition, uuidHex, suffix)}`
    try {
      if (!disk.exists(folder)) return undefined
      disk.rename(folder, retired)
    } catch (error) {
      throw new StorageError(`renaming ${folder}`, error)
    }
    changes.recoveryPoints = true
    changes.logStartOffsets = true
    changes.highWatermarks = true
    changes.cleanerOffsets = true
    changes.isUrgent = true
    return retired
  }

  /** Notes the registration under which this folder is used from now on. After a failure none proves anything. */
  noteBrokerEpoch(brokerEpoch: number): void {
    this.#previousBrokerEpoch = this.#isUnreliable ? -1 : brokerEpoch
    try {
      noteBrokerEpoch(this.#context.disk, this.directory, this.#previousBrokerEpoch)
    } catch (error) {
      // Then the next start cannot prove that it has everything, and catches up first.
      this.#options.onCheckpointError(error)
    }
  }

  /** New `log.cleaner.*` configurations. */
  configureCleaner(settings: CleanerSettings): void {
    this.#cleaner.configure(settings)
  }

  /** Does what is due, for a few milliseconds at most. Returns whether more is due now: call again soon. */
  tick(now: Moment): boolean {
    const nowMs = now.monotonicMs
    const { clock, active, pool, deletions } = this.#context
    const startedMs = clock.monotonic()
    const isTimeUp = () => clock.monotonic() - startedMs >= SLICE_MS
    if (nowMs >= this.#sweepDueMs) {
      this.#sweepDueMs = nowMs + IDLE_SWEEP_INTERVAL_MS
      this.#sweepQueue = [...active]
      pool.closeIdle()
    }
    for (const log of active) log.flushIfDue(nowMs)
    while (this.#sweepQueue.length > 0 && !isTimeUp()) this.#sweepQueue.pop()?.releaseIfIdle()
    deletions.run(nowMs)
    this.#checkpointer.tick(nowMs)
    let hasMore = this.#sweepQueue.length > 0
    for (const task of this.#tasks) hasMore = task.runSlice(now, () => this.all(), isTimeUp) || hasMore
    return hasMore
  }

  /** Begins, or goes on, to clean compacted logs, for a fraction of a millisecond. Returns as `tick` does. */
  clean(now: Moment): boolean {
    return this.#cleaner.tick(now)
  }

  /** A clean shutdown: the next start of the same folder reads almost nothing. */
  async close(brokerEpoch = -1): Promise<void> {
    const { disk } = this.#context
    await this.#cleaner.stop()
    const areOnline = this.all().every(({ failure }) => failure === undefined)
    const failures = await closeAll(this.all())
    await this.#checkpointer.writeAll()
    if (areOnline && failures === 0 && !this.#isUnreliable)
      await markCleanShutdown(disk, this.directory, brokerEpoch)
  }

  /** Noted on the disk too: after what is damaged was cut off, the next process would see nothing of it. */
  #onDamage(): void {
    if (this.#previousBrokerEpoch >= 0) this.noteBrokerEpoch(-1)
  }

  #onUnreliable(): void {
    this.#previousBrokerEpoch = -1
    if (this.#isUnreliable) return
    this.#isUnreliable = true
    try {
      distrustLogDir(this.#context.disk, this.directory, this.#options)
    } catch (cause) {
      this.#options.onCheckpointError(cause)
    }
  }

  #onOffline(log: LogIdentity, error: StorageError): void {
    this.#options.onOffline(log, error)
    this.#offlineWatcher?.(log)
  }
}

function adopt(log: PartitionLog, topicId: string): PartitionLog {
  if (log.topicId === ZERO_UUID && topicId !== ZERO_UUID) log.adoptTopicId(topicId)
  if (log.topicId === topicId) return log
  const message = `${log.folder} belongs to topic id ${log.topicId}, not to ${topicId}`
  throw new KafkaError(ErrorCode.INCONSISTENT_TOPIC_ID, message)
}
