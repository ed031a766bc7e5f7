/**
 * `.timeindex`: {int64 largest timestamp so far, int32 relative offset of the batch that has it}, strictly
 * rising.
 */
import { EntryFile } from './entry-file.ts'
import type { PooledFile } from './file-pool.ts'

export const TIME_ENTRY_BYTES = 12

const TWO_POW_32 = 4294967296

export interface TimestampOffset {
  readonly timestampMs: number
  readonly offset: number
}

export class TimeIndex {
  readonly entries: EntryFile
  readonly #baseOffset: number
  /** Not looked up before it is needed. */
  #lastTimestampMs: number | undefined

  constructor(file: PooledFile, baseOffset: number, storedCount: number) {
    this.entries = new EntryFile(file, TIME_ENTRY_BYTES, storedCount, timestampAt)
    this.#baseOffset = baseOffset
  }

  /** Adds an entry unless the index already knows a timestamp as large. */
  maybeAppend(timestampMs: number, offset: number): void {
    this.#lastTimestampMs ??= this.last()?.timestampMs ?? -1
    if (timestampMs <= this.#lastTimestampMs) return
    this.entries.append(Math.floor(timestampMs / TWO_POW_32), timestampMs, offset - this.#baseOffset)
    this.#lastTimestampMs = timestampMs
  }

  /** The last entry at or before a timestamp. */
  lookup(timestampMs: number): TimestampOffset | undefined {
    return this.#entryAt(this.entries.floor(timestampMs))
  }

  last(): TimestampOffset | undefined {
    return this.#entryAt(this.entries.count - 1)
  }

  /** Keeps the entries up to and including `offset`: offsets rise with the timestamps. */
  truncateAfter(offset: number): void {
    let count = this.entries.count
    while (count > 0 && (this.#entryAt(count - 1)?.offset ?? 0) > offset) count--
    this.entries.truncate(count)
    this.#lastTimestampMs = undefined
  }

  #entryAt(index: number): TimestampOffset | undefined {
    if (index < 0) return undefined
    const entry = this.entries.entry(index)
    return { timestampMs: timestampAt(entry, 0), offset: this.#baseOffset + entry.readInt32BE(8) }
  }
}

function timestampAt(entries: Buffer, at: number): number {
  return entries.readInt32BE(at) * TWO_POW_32 + entries.readUInt32BE(at + 4)
}
