/**
 * A file of equally long entries in rising order of a key: the base of Kafka's offset and time indexes. New
 * entries gather in memory and are written a few dozen at a time, since an index can always be rebuilt.
 */
import { assert } from '../assert.ts'
import type { PooledFile } from './file-pool.ts'

const PENDING_ENTRIES_MAX = 64
/** Below this many candidates a search reads them all at once. */
const SEARCH_BLOCK_ENTRIES = 512

export type KeyReader = (entries: Buffer, at: number) => number

export class EntryFile {
  readonly #file: PooledFile
  readonly #entryBytes: number
  readonly #keyOf: KeyReader
  #storedCount: number
  /** The file ends with half an entry, which counts as nothing. */
  #isTorn: boolean
  #pending: Buffer | undefined
  #pendingCount = 0

  constructor(file: PooledFile, entryBytes: number, storedCount: number, keyOf: KeyReader) {
    this.#file = file
    this.#entryBytes = entryBytes
    this.#storedCount = Math.floor(storedCount)
    this.#isTorn = this.#storedCount !== storedCount
    this.#keyOf = keyOf
  }

  get isTorn(): boolean {
    return this.#isTorn
  }

  get count(): number {
    return this.#storedCount + this.#pendingCount
  }

  get isPendingFull(): boolean {
    return this.#pendingCount === PENDING_ENTRIES_MAX
  }

  /** Adds an entry of 32-bit words: two of them, or three. */
  append(first: number, second: number, third = 0): void {
    assert(this.#pendingCount < PENDING_ENTRIES_MAX, 'an index is flushed before its buffer overflows')
    this.#pending ??= Buffer.allocUnsafeSlow(PENDING_ENTRIES_MAX * this.#entryBytes)
    const at = this.#pendingCount * this.#entryBytes
    this.#pending.writeInt32BE(first | 0, at)
    this.#pending.writeInt32BE(second | 0, at + 4)
    if (this.#entryBytes > 8) this.#pending.writeInt32BE(third | 0, at + 8)
    this.#pendingCount++
  }

  /** A copy of one entry. */
  entry(index: number): Buffer {
    assert(index >= 0 && index < this.count, 'an index entry exists')
    const bytes = Buffer.allocUnsafe(this.#entryBytes)
    if (index < this.#storedCount) {
      this.#read(bytes, index)
    } else {
      const at = (index - this.#storedCount) * this.#entryBytes
      this.#pending?.copy(bytes, 0, at, at + this.#entryBytes)
    }
    return bytes
  }

  /** The last entry whose key is at most `key`: its number, or -1. */
  floor(key: number): number {
    if (this.#pending !== undefined && this.#pendingCount > 0 && this.#keyOf(this.#pending, 0) <= key) {
      return this.#storedCount + this.#floorIn(this.#pending, this.#pendingCount, key)
    }
    let from = 0
    let to = this.#storedCount
    const probe = Buffer.allocUnsafe(this.#entryBytes)
    while (to - from > SEARCH_BLOCK_ENTRIES) {
      const middle = (from + to) >>> 1
      this.#read(probe, middle)
      if (this.#keyOf(probe, 0) <= key) from = middle
      else to = middle
    }
    if (to === from) return -1
    const block = Buffer.allocUnsafe((to - from) * this.#entryBytes)
    this.#read(block, from)
    const found = this.#floorIn(block, to - from, key)
    return found < 0 ? -1 : from + found
  }

  /** Keeps the first `count` entries, and no half one behind them. */
  truncate(count: number): void {
    if (count >= this.count && !this.#isTorn) return
    this.flush()
    this.#storedCount = Math.min(count, this.#storedCount)
    this.#file.use('write').truncate(this.#storedCount * this.#entryBytes)
    this.#isTorn = false
  }

  flush(): void {
    if (this.#pending === undefined || this.#pendingCount === 0) return
    const bytes = this.#pending.subarray(0, this.#pendingCount * this.#entryBytes)
    this.#file.use('write').write([bytes], this.#storedCount * this.#entryBytes)
    this.#storedCount += this.#pendingCount
    this.#pendingCount = 0
  }

  #read(target: Buffer, index: number): void {
    const count = this.#file.read(target, index * this.#entryBytes)
    if (count !== target.length) throw new Error(`${this.#file.path} is shorter than it was`)
  }

  #floorIn(entries: Buffer, count: number, key: number): number {
    let from = 0
    let to = count
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#keyOf(entries, middle * this.#entryBytes) <= key) from = middle + 1
      else to = middle
    }
    return from - 1
  }
}
