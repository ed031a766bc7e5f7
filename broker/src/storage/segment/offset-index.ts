/** `.index`: {int32 offset relative to the segment's base, int32 file position}, sparse, rising. */
import { EntryFile } from './entry-file.ts'
import type { PooledFile } from './file-pool.ts'

export const OFFSET_ENTRY_BYTES = 8

export interface OffsetEntry {
  /** The last offset of the batch at `position`. */
  readonly offset: number
  readonly position: number
}

export class OffsetIndex {
  readonly entries: EntryFile
  readonly #baseOffset: number

  constructor(file: PooledFile, baseOffset: number, storedCount: number) {
    this.entries = new EntryFile(file, OFFSET_ENTRY_BYTES, storedCount, relativeOffsetAt)
    this.#baseOffset = baseOffset
  }

  append(offset: number, position: number): void {
    this.entries.append(offset - this.#baseOffset, position)
  }

  /** The last entry at or before `offset`. */
  lookup(offset: number): OffsetEntry | undefined {
    return this.#entryAt(this.entries.floor(offset - this.#baseOffset))
  }

  last(): OffsetEntry | undefined {
    return this.#entryAt(this.entries.count - 1)
  }

  /** Keeps the entries up to and including `offset`. */
  truncateAfter(offset: number): void {
    this.entries.truncate(this.entries.floor(offset - this.#baseOffset) + 1)
  }

  #entryAt(index: number): OffsetEntry | undefined {
    if (index < 0) return undefined
    const entry = this.entries.entry(index)
    return { offset: this.#baseOffset + entry.readInt32BE(0), position: entry.readInt32BE(4) }
  }
}

function relativeOffsetAt(entries: Buffer, at: number): number {
  return entries.readInt32BE(at)
}
