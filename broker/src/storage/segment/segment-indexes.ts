/**
 * The two indexes of a segment, kept in step: the time index reaches the disk first, so it never lags
 * behind.
 */

import { OFFSET_INDEX_SUFFIX, offsetFilePath, TIME_INDEX_SUFFIX } from '../names.ts'
import type { FilePool } from './file-pool.ts'
import { PooledFile } from './file-pool.ts'
import { OFFSET_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { TIME_ENTRY_BYTES, TimeIndex } from './time-index.ts'

const NO_BYTES = Buffer.alloc(0)

export class SegmentIndexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  /** Whether they are known to fit their log. */
  isChecked = false
  readonly #pool: FilePool
  readonly #offsetFile: PooledFile
  readonly #timeFile: PooledFile

  constructor(pool: FilePool, { folder, baseOffset, suffix, mayExist }: SegmentIndexesOptions) {
    this.#pool = pool
    this.#offsetFile = new PooledFile(pool, offsetFilePath(folder, baseOffset, OFFSET_INDEX_SUFFIX + suffix))
    this.#timeFile = new PooledFile(pool, offsetFilePath(folder, baseOffset, TIME_INDEX_SUFFIX + suffix))
    const offsetCount = mayExist ? countEntries(pool, this.#offsetFile, OFFSET_ENTRY_BYTES) : 0
    const timeCount = mayExist ? countEntries(pool, this.#timeFile, TIME_ENTRY_BYTES) : 0
    this.offsets = new OffsetIndex(this.#offsetFile, baseOffset, offsetCount)
    this.times = new TimeIndex(this.#timeFile, baseOffset, timeCount)
  }

  /** A file ends with half an entry. */
  get isTorn(): boolean {
    return this.offsets.entries.isTorn || this.times.entries.isTorn
  }

  get isEmpty(): boolean {
    return this.offsets.entries.count === 0 && this.times.entries.count === 0
  }

  /** What the larger of the two takes. */
  get sizeBytes(): number {
    return Math.max(
      this.offsets.entries.count * OFFSET_ENTRY_BYTES,
      this.times.entries.count * TIME_ENTRY_BYTES,
    )
  }

  /** Even without an entry: they are to take the place of others. */
  createFiles(): void {
    const { disk } = this.#pool
    for (const { path } of [this.#offsetFile, this.#timeFile])
      if (!disk.exists(path)) disk.writeFile(path, NO_BYTES)
  }

  add(offset: number, position: number, timestampMs: number, timestampOffset: number): void {
    this.times.maybeAppend(timestampMs, timestampOffset)
    this.offsets.append(offset, position)
    if (this.offsets.entries.isPendingFull || this.times.entries.isPendingFull) this.flush()
  }

  isFull(segmentIndexBytes: number, incomingBatches: number): boolean {
    const offsetsMax = Math.floor(segmentIndexBytes / OFFSET_ENTRY_BYTES)
    const timesMax = Math.floor(segmentIndexBytes / TIME_ENTRY_BYTES) - 1
    return (
      this.offsets.entries.count + incomingBatches > offsetsMax ||
      this.times.entries.count + incomingBatches > timesMax
    )
  }

  truncateAfter(offset: number): void {
    this.times.truncateAfter(offset)
    this.offsets.truncateAfter(offset)
  }

  flush(): void {
    this.times.entries.flush()
    this.offsets.entries.flush()
  }

  async sync(): Promise<void> {
    this.flush()
    if (this.times.entries.count > 0) await this.#timeFile.sync()
    if (this.offsets.entries.count > 0) await this.#offsetFile.sync()
  }

  close(): void {
    this.#offsetFile.close()
    this.#timeFile.close()
  }
}

export interface SegmentIndexesOptions {
  readonly folder: string
  readonly baseOffset: number
  readonly suffix: string
  /** Whether to look for files. */
  readonly mayExist: boolean
}

/** A file comes with its first entry. */
function countEntries(pool: FilePool, file: PooledFile, entryBytes: number): number {
  if (!pool.disk.exists(file.path)) return 0
  return pool.disk.stat(file.path).sizeBytes / entryBytes
}
