/**
 * The log of one partition on this broker. Batches are staged, which checks them and gives them their offsets, and
 * committed together by one write; only what is committed can be read. Durable is what was flushed.
 * A failure of the disk takes the log offline: the call throws a StorageError, as does every later one.
 */
import type { Moment } from '../../runtime/types.ts'
import { type EndTransactionMarker, ErrorCode, KafkaError } from '../../wire/index.ts'
import { needsPreparation, prepareBatch } from '../batches/preparation.ts'
import { PreparationQueue } from '../batches/preparation-queue.ts'
import { cleanableOf, cleanLog } from '../cleaner/clean-log.ts'
import type { Cleanable } from '../cleaner/cleanable.ts'
import type { CleanerTools } from '../cleaner/cleaning.ts'
import type { EpochEndOffset } from '../epochs/leader-epochs.ts'
import { StorageError } from '../errors.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import type { ProducerEntry, ProducerStamp } from '../producers/producer-entry.ts'
import type { VerificationGuard } from '../producers/verification-guard.ts'
import { loadLog } from '../recovery/log-loader.ts'
import type { Sliced } from '../slices.ts'
import { type StagedBatch, type StageOptions, stageBatch } from './append.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext, LogStart } from './log-context.ts'
import type { LogFlusher } from './log-flusher.ts'
import { type Allocate, NO_RECORDS, type ReadLimits, readLog } from './log-reader.ts'
import { type LogIdentity, LogState } from './log-state.ts'
import { type FoundTimestamp, maxTimestampOffset, offsetForTimestamp } from './timestamp-search.ts'
import * as trim from './trim.ts'

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly folder: string
  readonly #state: LogState
  readonly #preparations = new PreparationQueue()

  private constructor(state: LogState) {
    this.topic = state.identity.topic
    this.partition = state.identity.partition
    this.folder = state.folder
    this.#state = state
  }

  /** Opens the folder, recovering what the end of the previous process calls for: that may be much. */
  static *open(
    context: LogContext,
    identity: LogIdentity,
    config: LogConfig,
    start: LogStart,
  ): Sliced<PartitionLog> {
    try {
      const loaded = yield* loadLog(context, identity.folder, config, start)
      return new PartitionLog(new LogState(context, identity, config, start, loaded))
    } catch (error) {
      throw new StorageError(`opening ${identity.folder}`, error)
    }
  }

  get topicId(): string {
    return this.#state.identity.topicId
  }

  get config(): LogConfig {
    return this.#state.config
  }

  get logStartOffset(): number {
    return this.#state.logStartOffset
  }

  get logEndOffset(): number {
    return this.#state.logEndOffset
  }

  /** What lies before it survives a power loss, as far as the disk says. */
  get recoveryPoint(): number {
    return this.#state.flusher.recoveryPoint
  }

  /** What the checkpoint has of it. */
  get checkpointing(): Pick<LogFlusher, 'settledPoint' | 'checkpointed'> {
    return this.#state.flusher
  }

  get sizeBytes(): number {
    return this.#state.segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#state.segments.all.length
  }

  get latestLeaderEpoch(): number {
    return this.#state.epochs.latest
  }

  /** Why the log is offline, if it is. */
  get failure(): KafkaError | undefined {
    return this.#state.failure
  }

  /** With what the log may be opened anew while it is offline; undefined if it may not, or not yet. */
  get restart(): LogStart | undefined {
    return this.#state.restart
  }

  get highWatermark(): number {
    return this.#state.highWatermark
  }

  /** Never goes back (only a truncation takes it back) and never beyond the log end offset. */
  set highWatermark(offset: number) {
    this.#state.raiseHighWatermark(offset)
  }

  /** Below it every transaction has its end: what who reads committed records only may see (KIP-98). */
  get lastStableOffset(): number {
    return this.#state.lastStableOffset
  }

  updateConfig(config: LogConfig): void {
    this.#state.config = config
  }

  whenStartMoves(listener: () => void): void {
    this.#state.onStartMoved = listener
  }

  /** Whether a client's batch has to go through `prepare` before it is staged, itself or to keep its place. */
  needsPreparation(batch: Buffer): boolean {
    return this.#preparations.isBusy || needsPreparation(batch, this.#state.config)
  }

  /** Gives `finish` the batch as it is to be staged, or why it is refused, in the order of the calls. */
  prepare(batch: Buffer, nowMs: number, finish: (outcome: PromiseSettledResult<Buffer>) => void): void {
    const { config, context } = this.#state
    const isPlain = !needsPreparation(batch, config)
    const work = isPlain ? Promise.resolve(batch) : prepareBatch(context.codecs, batch, config, nowMs)
    this.#preparations.add(work, finish)
  }

  /** Checks a batch and assigns its offsets, in place. Throws a KafkaError and stages nothing if it is refused. */
  stage(batch: Buffer, options: StageOptions): StagedBatch {
    this.#state.ensureOnline()
    return stageBatch(this.#state, batch, options)
  }

  get knowsStableOffset(): boolean {
    return this.#state.knowsStableOffset
  }

  /**
   * The guard with which a transaction may begin here once its coordinator says so; undefined if it has begun already
   * (KIP-890). `sequence` is of its first batch.
   */
  beginVerification(producer: ProducerStamp, sequence: number, nowMs: number): VerificationGuard | undefined {
    return this.#state.producers.states.beginVerification(producer, sequence, nowMs)
  }

  /** Throws the KafkaError of a batch of this transaction that would be appended now. */
  checkTransaction(producer: ProducerStamp, verification: VerificationGuard | undefined): void {
    this.#state.producers.states.checkTransaction(producer, verification)
  }

  /** Throws the KafkaError of a marker that would be appended now. */
  checkMarker(producer: ProducerStamp, marker: EndTransactionMarker, transactionVersion: number): void {
    this.#state.producers.states.checkMarker(producer, marker, transactionVersion)
  }

  /** Writes all that is staged, with one system call. */
  commit(): void {
    this.#state.ensureOnline()
    this.#state.commit()
  }

  /**
   * Whole batches from the one that contains `offset`, below `upTo`, of at most `maxBytes` together; empty at the end.
   * Throws OFFSET_OUT_OF_RANGE outside of the log.
   */
  read(offset: number, limits: ReadLimits, allocate: Allocate): Buffer {
    const log = this.#state
    log.ensureOnline()
    if (!(offset >= log.logStartOffset && offset <= log.logEndOffset)) throw this.#outOfRange(offset)
    const upTo = Math.min(limits.upTo, log.logEndOffset)
    return offset >= upTo ? NO_RECORDS : readLog(log, offset, limits, allocate)
  }

  /** Aborted transactions that reach into [from, upTo). */
  abortedTransactions(from: number, upTo: number): AbortedTransaction[] {
    const log = this.#online()
    return log.guard('reading', () => log.segments.abortedTransactions(from, upTo))
  }

  /** The first record that is not older than a timestamp. */
  async offsetForTimestamp(timestampMs: number): Promise<FoundTimestamp | undefined> {
    return await offsetForTimestamp(this.#state, timestampMs)
  }

  /** The first of the newest records, as ListOffsets -3 asks for. */
  async maxTimestampOffset(): Promise<FoundTimestamp | undefined> {
    return await maxTimestampOffset(this.#state)
  }

  earliest(): FoundTimestamp {
    const { logStartOffset, epochs } = this.#state
    return { offset: logStartOffset, timestampMs: -1, leaderEpoch: epochs.epochFor(logStartOffset) }
  }

  latest(): FoundTimestamp {
    const { logEndOffset, epochs } = this.#state
    return { offset: logEndOffset, timestampMs: -1, leaderEpoch: epochs.latest }
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.logEndOffset)
  }

  epochForOffset(offset: number): number {
    return this.#state.epochs.epochFor(offset)
  }

  /** A leader calls this when it begins, so that its epoch has a start even before its first batch. */
  assignLeaderEpoch(epoch: number): void {
    this.#change('writing leader epochs', (log) => log.assignEpoch(epoch, log.logEndOffset))
  }

  /** Removes all batches that reach to `offset` or beyond: not at once, and not (false) if the log changes meanwhile. */
  *truncation(offset: number): Sliced<boolean> {
    const work = trim.truncation(this.#state, offset)
    let step = this.#change('truncating', () => work.next())
    for (; !step.done; step = this.#change('truncating', () => work.next())) yield
    return step.value
  }

  /** Drops everything and goes on at another offset. */
  truncateFullyAndStartAt(offset: number): void {
    this.#change('truncating', (log) => trim.truncateFullyAndStartAt(log, offset))
  }

  /** KIP-107: the log begins at `offset` from now on (-1: at the high watermark). Returns the new start. */
  deleteRecordsBefore(offset: number): number {
    return this.#change('deleting records', (log) => trim.deleteRecordsBefore(log, offset))
  }

  /** A follower takes over its leader's log start offset. */
  raiseLogStartOffset(offset: number): void {
    this.#change('deleting records', (log) => trim.raiseLogStartOffset(log, offset))
  }

  /** Deletes what `retention.ms`, `retention.bytes` and the log start offset allow. Returns the number of segments. */
  applyRetention(wallMs: number): number {
    return this.#change('applying retention', (log) => trim.applyRetention(log, wallMs))
  }

  /** Where the last cleaning ended. */
  get cleanerOffset(): number {
    return this.#state.cleanerOffset
  }

  /** How much of a compacted log is dirty. */
  cleanable(nowMs: number): Cleanable {
    const log = this.#online()
    return log.guard('assessing', () => cleanableOf(log, nowMs))
  }

  /** Keeps of each key the newest record only; see `cleaner/`. */
  async clean(tools: CleanerTools): Promise<void> {
    await cleanLog(this.#online(), tools)
  }

  activeProducers(): ProducerEntry[] {
    return this.#state.producers.states.entries()
  }

  expireProducers(now: Moment): void {
    this.#state.producers.states.expire(now, this.#state.config.producerIdExpirationMs)
  }

  /** `flush.messages` asks for an fsync before what is committed counts. */
  needsSync(): boolean {
    const { logEndOffset, flusher, config } = this.#state
    return logEndOffset - flusher.recoveryPoint >= config.flushMessages
  }

  /** Fsyncs what is committed now. */
  flush(): Promise<void> {
    return this.#state.flush()
  }

  /** Leaves the folder as a clean start expects it. */
  async close(): Promise<void> {
    const log = this.#state
    if (log.failure !== undefined) return
    this.#change('closing', () => {
      // A closing entry of the time index is not worth the files of one that would have no other.
      if (log.segments.active.isIndexed) log.segments.active.seal()
      log.describe()
    })
    if (log.logEndOffset !== log.flusher.recoveryPoint || log.flusher.hasNewNames) await log.flush()
    log.goOffline(new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `${this.folder} is closed`))
  }

  /** Lets go of the folder, which is about to be deleted, without another write. */
  abandon(): void {
    const message = `${this.topic}-${this.partition} was deleted`
    this.#state.goOffline(new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message))
  }

  /** Gives an id to a log whose metadata file was lost. */
  adoptTopicId(topicId: string): void {
    this.#change('writing the topic id', (log) => log.adoptTopicId(topicId))
  }

  #online(): LogState {
    this.#state.ensureOnline()
    this.#state.use()
    return this.#state
  }

  /** What is staged comes before any other change. */
  #change<T>(action: string, task: (log: LogState) => T): T {
    const log = this.#online()
    log.commit()
    return log.guard(action, () => task(log))
  }

  #outOfRange(offset: number): KafkaError {
    const { logStartOffset, logEndOffset, folder } = this.#state
    const message = `Offset ${offset} is outside of [${logStartOffset}, ${logEndOffset}] in ${folder}`
    return new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, message)
  }
}
