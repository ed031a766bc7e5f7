/** The moving parts of one partition's log, and the steps that appending and trimming it share. */
import { KafkaError, ZERO_UUID } from '../../wire/index.ts'
import { assert } from '../assert.ts'
import { extendStoredEpochs, storeEpochs } from '../epochs/epoch-file.ts'
import type { EpochEntry, LeaderEpochs } from '../epochs/leader-epochs.ts'
import { StorageError } from '../errors.ts'
import { LEADER_EPOCH_CHECKPOINT, offsetFileName, PARTITION_METADATA, SNAPSHOT_SUFFIX } from '../names.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import type { ProducerStore } from '../producers/producer-store.ts'
import type { LoadedLog, ProducersAt } from '../recovery/log-loader.ts'
import { ColdRead } from '../segment/cold-read.ts'
import type { SegmentList } from '../segment/segment-list.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext, LogStart } from './log-context.ts'
import { LogFlusher } from './log-flusher.ts'
import { encodePartitionMetadata } from './partition-metadata.ts'

export interface LogIdentity {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly folder: string
}

export class LogState {
  readonly context: LogContext
  readonly folder: string
  readonly segments: SegmentList
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStore
  readonly flusher: LogFlusher
  identity: LogIdentity
  config: LogConfig
  logStartOffset: number
  logEndOffset: number
  highWatermark: number
  /** Where the last cleaning ended; what lies before has each key but once. */
  cleanerOffset: number
  staged: Buffer[] = []
  /** Aborted transactions whose markers are staged. */
  stagedAborts: AbortedTransaction[] = []
  stagedBytes = 0
  stagedEndOffset: number
  bytesSinceSnapshot = 0
  unflushedSinceMs = 0
  failure: KafkaError | undefined
  /** Told when records at the beginning are gone: one listener, a later one takes its place. */
  onStartMoved: (() => void) | undefined
  #hasFailedSync = false
  /** Markers between the high watermark and here are not known. */
  #producersFrom: number
  #isUsed = false
  #isActive = false
  /** What the checkpoint says; undefined if there is none. */
  #storedEpochs: readonly EpochEntry[] | undefined

  constructor(
    context: LogContext,
    identity: LogIdentity,
    config: LogConfig,
    start: LogStart,
    loaded: LoadedLog,
  ) {
    this.context = context
    this.identity = identity
    this.folder = identity.folder
    this.config = config
    this.segments = loaded.segments
    this.epochs = loaded.epochs
    this.producers = loaded.producers
    this.#producersFrom = loaded.producersFrom
    this.logStartOffset = loaded.logStartOffset
    this.logEndOffset = loaded.logEndOffset
    this.stagedEndOffset = loaded.logEndOffset
    // After a power loss records may be back that were cut off once: which of them are committed the leader must say.
    const highWatermark = start.shutdown === 'unknown' ? loaded.logStartOffset : start.highWatermark
    this.highWatermark = Math.min(Math.max(highWatermark, loaded.logStartOffset), loaded.logEndOffset)
    this.producers.states.replicated(this.highWatermark)
    this.cleanerOffset = Math.min(start.cleanerOffset, loaded.logEndOffset)
    if (loaded.logEndOffset < start.highWatermark) context.onDamage()
    const isClean = start.shutdown === 'clean'
    const checkpoint = Math.min(start.recoveryPoint, loaded.logEndOffset)
    const recoveryPoint = isClean ? loaded.logEndOffset : checkpoint
    this.flusher = new LogFlusher(context, { recoveryPoint, checkpoint, hasNewNames: !isClean })
    // A process that was killed may have left them written, but not synced.
    if (!isClean) this.flusher.changedFiles.add(PARTITION_METADATA).add(LEADER_EPOCH_CHECKPOINT)
    this.#storedEpochs = loaded.storedEpochs
    if (isSame(loaded.storedEpochs, loaded.epochs)) this.#storedEpochs = loaded.epochs.entries
    else this.storeEpochs()
  }

  ensureOnline(): void {
    if (this.failure !== undefined) throw this.failure
  }

  /** Runs something that touches the disk; if the disk fails, the log is offline. */
  guard<T>(action: string, task: () => T): T {
    try {
      return task()
    } catch (error) {
      if (error instanceof KafkaError || error instanceof ColdRead) throw error
      throw this.fail(action, error)
    }
  }

  fail(action: string, error: unknown): KafkaError {
    if (this.failure !== undefined) return this.failure
    const failure = new StorageError(`${action} ${this.folder}`, error)
    if (!failure.isForWantOfRoom) this.context.onUnreliable()
    this.goOffline(failure)
    this.context.onOffline(this.identity, failure)
    return failure
  }

  /** Whatever the reason: the next fsync may succeed, and still have lost what this one was for. */
  failSync(action: string, error: unknown): KafkaError {
    this.#hasFailedSync = true
    this.context.onUnreliable()
    return this.fail(action, error)
  }

  /**
   * Offline for want of room, it may be opened anew as after the end of its process: what such a start begins with.
   * Undefined if the disk itself may be at fault, or is still at work.
   */
  get restart(): LogStart | undefined {
    const { failure, logStartOffset, highWatermark, cleanerOffset, flusher } = this
    if (!(failure instanceof StorageError) || !failure.isForWantOfRoom) return undefined
    if (this.#hasFailedSync || flusher.isRunning) return undefined
    const { settledPoint: recoveryPoint } = flusher
    return { logStartOffset, recoveryPoint, highWatermark, cleanerOffset, shutdown: 'killed' }
  }

  /** Every later call gets this error. */
  goOffline(failure: KafkaError): void {
    this.failure ??= failure
    this.staged = []
    this.stagedAborts = []
    this.stagedBytes = 0
    this.segments.close()
    this.#setActive(false)
  }

  /** Writes all that is staged; readers see it from then on. */
  commit(): void {
    if (this.stagedBytes === 0) return
    this.use()
    try {
      if (this.epochs.entries !== this.#storedEpochs) this.storeEpochs()
      this.segments.active.append(this.staged, this.stagedBytes, this.config.indexIntervalBytes)
      if (this.stagedAborts.length > 0) this.#indexAborts()
    } catch (error) {
      throw this.fail('writing', error)
    }
    this.bytesSinceSnapshot += this.stagedBytes
    this.staged = []
    this.stagedBytes = 0
    this.logEndOffset = this.stagedEndOffset
    this.context.changes.recoveryPoints = true
  }

  /** Nothing above it is told to who reads committed records only. */
  get lastStableOffset(): number {
    if (!this.knowsStableOffset) return Math.min(this.highWatermark, this.logStartOffset)
    const unstable = this.producers.states.firstUnstableOffset
    if (unstable === undefined) return this.highWatermark
    return Math.min(this.highWatermark, Math.max(unstable, this.logStartOffset))
  }

  /** After a restart the high watermark may be behind what the snapshot says; the leader soon tells how far it is. */
  get knowsStableOffset(): boolean {
    return this.highWatermark >= this.#producersFrom
  }

  /** Never goes back (only a truncation takes it back) and never beyond the log end offset. */
  raiseHighWatermark(offset: number): void {
    const bounded = Math.min(offset, this.logEndOffset)
    if (!(bounded > this.highWatermark)) return
    this.highWatermark = bounded
    this.producers.states.replicated(bounded)
    this.context.changes.highWatermarks = true
  }

  roll(): void {
    assert(this.stagedBytes === 0, 'a roll has nothing staged')
    this.use()
    this.segments.roll(this.logEndOffset, this.config)
    this.flusher.hasNewNames = true
    this.describe()
    this.flushAside()
  }

  /**
   * Writes what a start would otherwise learn from the batches. Not for a log of which nothing is indexed: it is read
   * faster than a file is made, and a broker may have many such.
   */
  describe(): void {
    if (this.logEndOffset === 0 || this.#isShort) return
    if (this.#storedEpochs === undefined && this.epochs.entries.length > 0) this.storeEpochs()
    this.takeSnapshot()
  }

  get #isShort(): boolean {
    return this.segments.all.length === 1 && !this.segments.active.isIndexed
  }

  takeSnapshot(): void {
    this.producers.takeSnapshot(this.logEndOffset, this.flusher.checkpoint)
    this.flusher.changedFiles.add(offsetFileName(this.logEndOffset, SNAPSHOT_SUFFIX))
    this.bytesSinceSnapshot = 0
  }

  adoptTopicId(topicId: string): void {
    assert(this.identity.topicId === ZERO_UUID, 'a log keeps its topic id')
    this.context.disk.writeFile(`${this.folder}/${PARTITION_METADATA}`, encodePartitionMetadata(topicId))
    this.identity = { ...this.identity, topicId }
    this.flusher.changedFiles.add(PARTITION_METADATA)
    this.flusher.hasNewNames = true
  }

  /** Goes to the disk with the first batch of the epoch: until then a start would forget it again. */
  assignEpoch(epoch: number, startOffset: number): void {
    this.epochs.assign(epoch, startOffset)
  }

  startAt(offset: number): void {
    this.logStartOffset = offset
    this.highWatermark = Math.max(this.highWatermark, offset)
    this.context.changes.logStartOffsets = true
    this.context.changes.isUrgent = true
    if (this.epochs.truncateFromStart(offset)) this.storeEpochs()
    this.onStartMoved?.()
  }

  /** All that was derived from batches beyond the new end is taken back; of producers that is what they were there. */
  endAt(endOffset: number, { states, from }: ProducersAt): void {
    this.logEndOffset = endOffset
    this.stagedEndOffset = endOffset
    this.logStartOffset = Math.min(this.logStartOffset, endOffset)
    this.highWatermark = Math.min(Math.max(this.highWatermark, this.logStartOffset), endOffset)
    this.cleanedTo(Math.min(this.cleanerOffset, endOffset))
    this.flusher.truncated(endOffset)
    this.context.changes.recoveryPoints = true
    this.context.changes.highWatermarks = true
    this.context.changes.isUrgent = true
    if (this.epochs.truncateFromEnd(endOffset)) this.storeEpochs()
    this.producers.adopt(states, endOffset)
    this.#producersFrom = from
    this.producers.states.replicated(this.highWatermark)
  }

  cleanedTo(offset: number): void {
    if (offset === this.cleanerOffset) return
    this.cleanerOffset = offset
    this.context.changes.cleanerOffsets = true
    this.context.changes.isUrgent = true
  }

  async flush(): Promise<void> {
    this.ensureOnline()
    this.use()
    try {
      await this.flusher.flush(this)
    } catch (error) {
      if (error instanceof KafkaError) throw error
      throw this.failSync('flushing', error)
    }
    this.context.changes.recoveryPoints = true
  }

  /** A failure takes the log offline and is reported there: nobody waits for this flush. */
  flushAside(): void {
    this.flush().catch(() => undefined)
  }

  /** `flush.ms` */
  flushIfDue(nowMs: number): void {
    if (this.logEndOffset === this.flusher.recoveryPoint || this.flusher.isRunning) return
    if (nowMs - this.unflushedSinceMs < this.config.flushMs) return
    this.unflushedSinceMs = nowMs
    this.flushAside()
  }

  /**
   * Gives back files and memory unless the log was used since the last call. A failure is reported as such.
   */
  releaseIfIdle(): void {
    if (this.failure !== undefined) return
    if (this.#isUsed || this.stagedBytes > 0) {
      this.#isUsed = false
      return
    }
    try {
      this.segments.release()
    } catch (error) {
      this.fail('releasing', error)
      return
    }
    const awaitsFlush = this.logEndOffset > this.flusher.recoveryPoint && this.config.flushMs !== Infinity
    this.#setActive(awaitsFlush || this.flusher.isRunning)
  }

  /** To be called by what opens files or keeps memory, so that a later sweep takes it back. */
  use(): void {
    this.#isUsed = true
    if (!this.#isActive) this.#setActive(true)
  }

  #indexAborts(): void {
    const { transactions } = this.segments.active
    if (transactions.count === 0) this.flusher.hasNewNames = true
    transactions.append(this.stagedAborts)
    this.stagedAborts = []
  }

  #setActive(isActive: boolean): void {
    this.#isActive = isActive
    if (isActive) this.context.active.add(this)
    else this.context.active.delete(this)
  }

  /** In a short log the batches tell, as long as there never was a checkpoint that knows more. */
  storeEpochs(): void {
    const { epochs, folder } = this
    const stored = this.#storedEpochs
    if (stored === undefined && this.#isShort) return
    const store = stored !== undefined && epochs.beginsWith(stored) ? extendStoredEpochs : storeEpochs
    store(this.context.disk, folder, epochs)
    this.#storedEpochs = epochs.entries
    this.flusher.changedFiles.add(LEADER_EPOCH_CHECKPOINT)
  }
}

function isSame(stored: readonly EpochEntry[] | undefined, epochs: LeaderEpochs): boolean {
  return stored !== undefined && stored.length === epochs.entries.length && epochs.beginsWith(stored)
}
