/**
 * One segment of a log: `<base offset>.log` with its indexes. Offsets and positions; it knows no partition.
 */
import { assert } from '../assert.ts'
import { lastOffsetOf, maxTimestampOf } from '../batches/batch.ts'
import { LOG_SUFFIX, offsetFilePath } from '../names.ts'
import { BATCHES_PER_SLICE, BYTES_PER_SLICE, type Sliced } from '../slices.ts'
import { BatchIndexer } from './batch-indexer.ts'
import {
  type BatchVisitor,
  CONTINUE,
  type HeaderVisitor,
  isTornBatch,
  STOP,
  scanBatches,
  scanHeaders,
  scanHeadersInSlices,
} from './batch-scanner.ts'
import { type FilePool, PooledFile } from './file-pool.ts'
import { areSound, lackEntries } from './index-checks.ts'
import { ReadHints } from './read-hints.ts'
import { SegmentIndexes } from './segment-indexes.ts'
import type { TimestampOffset } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

export class Segment {
  readonly baseOffset: number
  readonly folder: string
  /** Wall clock at which this process created or opened the segment. */
  readonly createdMs: number
  /** Taken off segment.ms, so that segments of many partitions do not roll at once. */
  readonly jitterMs: number
  readonly log: PooledFile
  readonly transactions: TransactionIndex
  readonly #pool: FilePool
  readonly #suffix: string
  #sizeBytes: number
  #indexes: SegmentIndexes | undefined
  /** If not, nobody need look for them. */
  #mayHaveIndexFiles: boolean
  #hints: ReadHints | undefined
  #firstTimestampMs: number | undefined
  #indexer = new BatchIndexer()

  constructor(pool: FilePool, options: SegmentOptions) {
    this.#pool = pool
    this.folder = options.folder
    this.baseOffset = options.baseOffset
    this.createdMs = options.createdMs
    this.jitterMs = options.jitterMs
    this.#sizeBytes = options.sizeBytes
    this.#suffix = options.suffix ?? ''
    this.#mayHaveIndexFiles = options.mayHaveIndexFiles
    this.log = new PooledFile(pool, logPath(options))
    this.transactions = new TransactionIndex(pool, options.folder, options.baseOffset, this.#suffix)
    if (!options.mayHaveIndexFiles) this.transactions.beginEmpty()
  }

  /** Makes the file of a new segment. Those of its indexes come with their first entries: many never get one. */
  static create(pool: FilePool, options: NewSegmentOptions): Segment {
    pool.disk.writeFile(logPath(options), NO_BYTES)
    return new Segment(pool, { ...options, sizeBytes: 0, mayHaveIndexFiles: false })
  }

  /** Whether there is, or may be, an entry in one of its indexes. If not, the log itself is short enough to be read. */
  get isIndexed(): boolean {
    const hasEntries = this.#indexes === undefined ? this.#mayHaveIndexFiles : !this.#indexes.isEmpty
    return hasEntries || this.transactions.count > 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get indexes(): SegmentIndexes {
    this.#indexes ??= this.#newIndexes()
    if (!this.#indexes.isChecked) this.#checkOpened(this.#indexes)
    return this.#indexes
  }

  /** One write for all batches. If it fails, what the disk took of it is cut off again. */
  append(batches: readonly Buffer[], totalBytes: number, indexIntervalBytes: number): void {
    this.#loadTimestamps()
    const file = this.log.use('write')
    let position = this.#sizeBytes
    try {
      file.write(batches, position)
    } catch (error) {
      this.#cutBack()
      throw error
    }
    this.#sizeBytes += totalBytes
    for (const batch of batches) {
      this.#indexer.add(this.indexes, batch, 0, position, indexIntervalBytes)
      position += batch.length
    }
  }

  /** The position of the first batch whose last offset is at or above `offset`; -1 if there is none. */
  locate(offset: number): number {
    if (this.#sizeBytes === 0) return -1
    if (offset <= this.baseOffset) return 0
    const hinted = this.#hints?.find(offset) ?? -1
    if (hinted >= 0) return hinted < this.#sizeBytes ? hinted : -1
    const from = this.indexes.offsets.lookup(offset)?.position ?? 0
    const found = this.scan(from, (buffer, at) => (lastOffsetOf(buffer, at) >= offset ? STOP : CONTINUE))
    return found < this.#sizeBytes ? found : -1
  }

  /** Behind its last batch, found from its last index entry on; undefined if what follows there is no whole batch. */
  findEndOffset(): number | undefined {
    let endOffset = this.baseOffset
    if (this.#sizeBytes === 0) return endOffset
    const end = this.scan(this.indexes.offsets.last()?.position ?? 0, (buffer, at) => {
      endOffset = lastOffsetOf(buffer, at) + 1
      return CONTINUE
    })
    return end === this.#sizeBytes ? endOffset : undefined
  }

  /** Has the disk bring in what a reader wants from there on, off the event loop; undefined if it need not. */
  bringIn(sizeBytes: number, position: number): Promise<void> | undefined {
    return this.log.bringIn(Math.min(sizeBytes, this.#sizeBytes - position), position)
  }

  /** A reader got everything before `position`, and will ask for `offset` next. */
  rememberRead(offset: number, position: number): void {
    this.#hints ??= new ReadHints()
    this.#hints.remember(offset, position, position === this.#sizeBytes)
  }

  /** Visits the batch headers from a position on. */
  scan(from: number, visit: BatchVisitor, to = this.#sizeBytes): number {
    return scanHeaders(this.log, from, to, visit)
  }

  /** As `scan`, all of them, with pauses. */
  scanInSlices(from: number, visit: HeaderVisitor, to = this.#sizeBytes): Sliced<void> {
    return scanHeadersInSlices(this.log, from, to, visit)
  }

  read(target: Buffer, position: number): void {
    const count = this.log.read(target, position)
    if (count !== target.length) throw new Error(`${this.log.path} is shorter than it was`)
  }

  /** The largest timestamp of the first batch; undefined while the segment is empty. */
  get firstTimestampMs(): number | undefined {
    if (this.#firstTimestampMs === undefined && this.#sizeBytes > 0) {
      this.scan(0, (buffer, at) => {
        this.#firstTimestampMs = maxTimestampOf(buffer, at)
        return STOP
      })
    }
    return this.#firstTimestampMs
  }

  /**
   * The largest timestamp in the segment and the last offset of the batch that has it; timestamp -1 if none
   * has.
   */
  get largestTimestamp(): TimestampOffset {
    this.#loadTimestamps()
    return this.#indexer.largest
  }

  modifiedMs(): number {
    return this.#pool.disk.stat(this.log.path).modifiedMs
  }

  /** No more appends: writes out the indexes, the time index with its closing entry. */
  seal(): void {
    const { timestampMs, offset } = this.largestTimestamp
    if (this.#sizeBytes > 0) this.indexes.times.maybeAppend(timestampMs, offset)
    this.#indexes?.flush()
  }

  /** Cuts the file at a batch boundary; `nextOffset` is the first offset that is gone. */
  truncate(sizeBytes: number, nextOffset: number): void {
    assert(sizeBytes <= this.#sizeBytes, 'a truncation makes a segment shorter')
    this.indexes.truncateAfter(nextOffset - 1)
    this.transactions.truncateFrom(nextOffset)
    this.log.use('write').truncate(sizeBytes)
    this.#sizeBytes = sizeBytes
    this.#forgetDerived()
  }

  /**
   * To be called before anything else when a log is opened: indexes that were lost or contradict the log, as after a
   * power loss, are made anew from it.
   */
  *checkIndexes(): Sliced<void> {
    if (this.#indexes !== undefined) return
    const indexes = this.#newIndexes()
    if (!areSound(indexes, this) || lackEntries(indexes, this)) {
      indexes.truncateAfter(this.baseOffset - 1)
      this.#forgetDerived()
      this.#indexer.begin(undefined)
      yield* this.scanInSlices(0, (buffer, at, position) =>
        this.#indexer.add(indexes, buffer, at, position, REBUILT_INDEX_INTERVAL_BYTES),
      )
    }
    indexes.isChecked = true
    this.#indexes = indexes
  }

  /**
   * Checks the batches from `from` on and indexes them anew; what follows the last good one is cut off.
   * Batches that end before `checkedFrom` are known to be on the disk and keep their CRC unread.
   */
  *recover(options: RecoveryOptions, visit: (buffer: Buffer, at: number) => void): Sliced<void> {
    const { from, nextOffset, indexIntervalBytes } = options
    const indexes = this.#newIndexes()
    indexes.truncateAfter(from === 0 ? this.baseOffset - 1 : nextOffset - 1)
    indexes.isChecked = true
    this.#indexes = indexes
    this.#forgetDerived()
    this.#indexer.begin(indexes.times.last())
    const end = yield* this.#check(options, (buffer, at, position) => {
      this.#indexer.add(indexes, buffer, at, position, indexIntervalBytes)
      visit(buffer, at)
    })
    if (end < this.#sizeBytes) {
      if (!isTornBatch(this.log, end, this.#sizeBytes)) options.onDamage()
      this.log.use('write').truncate(end)
    }
    this.#sizeBytes = end
    indexes.flush()
  }

  /** Where the good batches end. */
  *#check(
    { from, nextOffset, checkedFrom }: RecoveryOptions,
    visit: (buffer: Buffer, at: number, position: number) => void,
  ): Sliced<number> {
    const slice = { from, to: this.#sizeBytes, nextOffset, checkedFrom }
    for (;;) {
      let count = 0
      let isFull = false
      const end = scanBatches(this.log, slice, (buffer, at, position) => {
        isFull = count === BATCHES_PER_SLICE || position - slice.from >= BYTES_PER_SLICE
        if (isFull) return STOP
        count++
        slice.nextOffset = lastOffsetOf(buffer, at) + 1
        visit(buffer, at, position)
        return CONTINUE
      })
      if (!isFull) return end
      slice.from = end
      yield
    }
  }

  async sync(withIndexes: boolean): Promise<void> {
    if (withIndexes) await this.indexes.sync()
    await this.transactions.sync()
    await this.log.sync()
  }

  /** Gives back all memory and files that are not needed to exist. */
  release(): void {
    this.#indexes?.flush()
    this.close()
  }

  close(): void {
    if (this.#indexes?.isEmpty === false) this.#mayHaveIndexFiles = true
    this.#indexes?.close()
    this.#indexes = undefined
    this.#hints = undefined
    this.transactions.close()
    this.log.close()
  }

  /** Indexes that fit when the log was opened, and do not any more: then the disk is not to be trusted. */
  #checkOpened(indexes: SegmentIndexes): void {
    if (!areSound(indexes, this)) throw new Error(`the indexes of ${this.log.path} are not what they were`)
    indexes.isChecked = true
  }

  #newIndexes(): SegmentIndexes {
    return new SegmentIndexes(this.#pool, {
      folder: this.folder,
      baseOffset: this.baseOffset,
      suffix: this.#suffix,
      mayExist: this.#mayHaveIndexFiles,
    })
  }

  #loadTimestamps(): void {
    if (this.#indexer.hasBegun) return
    const indexer = new BatchIndexer()
    indexer.begin(this.indexes.times.last())
    // The indexes end before the log does: what lies behind their last entries counts too.
    this.scan(this.indexes.offsets.last()?.position ?? 0, (buffer, at) => {
      indexer.note(buffer, at)
      return CONTINUE
    })
    this.#indexer = indexer
  }

  #forgetDerived(): void {
    this.#hints = undefined
    this.#firstTimestampMs = undefined
    this.#indexer = new BatchIndexer()
  }

  #cutBack(): void {
    try {
      this.log.use('write').truncate(this.#sizeBytes)
    } catch {
      // The write has failed and is reported; the recovery at the next start cuts what could not be cut now.
    }
  }
}

export interface SegmentOptions {
  readonly folder: string
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly createdMs: number
  readonly jitterMs: number
  /** Whether one of its three indexes may have a file. */
  readonly mayHaveIndexFiles: boolean
  /** Behind the names of its files, while it is in the making. */
  readonly suffix?: string
}

export type NewSegmentOptions = Omit<SegmentOptions, 'sizeBytes' | 'mayHaveIndexFiles'>

export interface RecoveryOptions {
  readonly from: number
  readonly nextOffset: number
  readonly checkedFrom: number
  readonly indexIntervalBytes: number
  /** What is about to be cut off is more than a write that was cut short. */
  readonly onDamage: () => void
}

const NO_BYTES = Buffer.alloc(0)

function logPath({ folder, baseOffset, suffix = '' }: NewSegmentOptions): string {
  return offsetFilePath(folder, baseOffset, LOG_SUFFIX + suffix)
}

/** Kafka's default of index.interval.bytes. */
const REBUILT_INDEX_INTERVAL_BYTES = 4096
