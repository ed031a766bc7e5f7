/**
 * `.txnindex` of a segment: the aborted transactions whose marker the segment has, in the order of their markers. The
 * file comes with its first entry; most segments have none.
 */

import { assert } from '../assert.ts'
import { offsetFilePath, TRANSACTION_INDEX_SUFFIX } from '../names.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import type { Sliced } from '../slices.ts'
import { type FilePool, PooledFile } from './file-pool.ts'

const VERSION = 0
const ENTRY_BYTES = 34
const BLOCK_ENTRIES = 512

export class TransactionIndex {
  readonly #pool: FilePool
  readonly #file: PooledFile
  readonly #baseOffset: number
  #count: number | undefined
  #needsSync = false

  constructor(pool: FilePool, folder: string, baseOffset: number, suffix: string) {
    this.#pool = pool
    this.#baseOffset = baseOffset
    this.#file = new PooledFile(pool, offsetFilePath(folder, baseOffset, TRANSACTION_INDEX_SUFFIX + suffix))
  }

  /** Half an entry at the end, as a crash may leave it, counts as nothing and is overwritten. */
  get count(): number {
    this.#count ??= this.#pool.disk.exists(this.#file.path)
      ? Math.floor(this.#pool.disk.stat(this.#file.path).sizeBytes / ENTRY_BYTES)
      : 0
    return this.#count
  }

  /** There is no file; nobody need look for it. */
  beginEmpty(): void {
    this.#count = 0
  }

  createFile(): void {
    const { path } = this.#file
    if (!this.#pool.disk.exists(path)) this.#pool.disk.writeFile(path, Buffer.alloc(0))
  }

  append(aborted: readonly AbortedTransaction[]): void {
    if (aborted.length === 0) return
    const { count } = this
    if (count === 0) this.createFile()
    const bytes = Buffer.alloc(aborted.length * ENTRY_BYTES)
    for (const [index, entry] of aborted.entries()) writeEntry(bytes, index * ENTRY_BYTES, entry)
    this.#file.use('write').write([bytes], count * ENTRY_BYTES)
    this.#count = count + aborted.length
    this.#needsSync = true
  }

  /** Every entry whose marker is at or behind `offset`, oldest first, until the visitor returns false. */
  visitFrom(offset: number, visit: (aborted: AbortedTransaction) => boolean): boolean {
    const { count } = this
    const block = Buffer.allocUnsafe(Math.min(count, BLOCK_ENTRIES) * ENTRY_BYTES)
    for (let index = this.#firstFrom(offset); index < count; index += BLOCK_ENTRIES) {
      const size = Math.min(count - index, BLOCK_ENTRIES)
      this.#read(block.subarray(0, size * ENTRY_BYTES), index)
      for (let i = 0; i < size; i++) if (!visit(readEntry(block, i * ENTRY_BYTES))) return false
    }
    return true
  }

  /** Drops the entries whose marker is at or behind `offset`. */
  truncateFrom(offset: number): void {
    if (this.count > 0) this.#keep(this.#firstFrom(offset))
  }

  /**
   * As `truncateFrom`, of a file that a power loss may have harmed: it may end with zeros, as a file system leaves them,
   * or with what a truncation had cut off. Entries of the segment come in the order of their markers; the first that does
   * not, and all behind it, are none.
   */
  *recover(offset: number): Sliced<void> {
    const { count } = this
    const block = Buffer.allocUnsafe(Math.min(count, BLOCK_ENTRIES) * ENTRY_BYTES)
    let previous = this.#baseOffset - 1
    for (let index = 0; index < count; index += BLOCK_ENTRIES) {
      const size = Math.min(count - index, BLOCK_ENTRIES)
      this.#read(block.subarray(0, size * ENTRY_BYTES), index)
      for (let i = 0; i < size; i++) {
        const entry = readEntry(block, i * ENTRY_BYTES)
        if (!isWhole(entry) || entry.lastOffset <= previous || entry.lastOffset >= offset)
          return this.#keep(index + i)
        previous = entry.lastOffset
      }
      yield
    }
  }

  async sync(): Promise<void> {
    if (!this.#needsSync) return
    this.#needsSync = false
    await this.#file.sync()
  }

  close(): void {
    this.#file.close()
    if (this.#count !== 0) this.#count = undefined
  }

  #keep(count: number): void {
    if (count === this.count) return
    this.#file.use('write').truncate(count * ENTRY_BYTES)
    this.#count = count
    this.#needsSync = true
  }

  #firstFrom(offset: number): number {
    let from = 0
    let to = this.count
    const entry = Buffer.allocUnsafe(ENTRY_BYTES)
    while (from < to) {
      const middle = (from + to) >>> 1
      this.#read(entry, middle)
      if (readEntry(entry, 0).lastOffset < offset) from = middle + 1
      else to = middle
    }
    return from
  }

  #read(target: Buffer, index: number): void {
    const read = this.#file.read(target, index * ENTRY_BYTES)
    assert(read === target.length, 'a transaction index keeps its entries')
  }
}

function writeEntry(bytes: Buffer, at: number, entry: AbortedTransaction): void {
  bytes.writeInt16BE(VERSION, at)
  bytes.writeBigInt64BE(BigInt(entry.producerId), at + 2)
  bytes.writeBigInt64BE(BigInt(entry.firstOffset), at + 10)
  bytes.writeBigInt64BE(BigInt(entry.lastOffset), at + 18)
  bytes.writeBigInt64BE(BigInt(entry.lastStableOffset), at + 26)
}

function isWhole({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction): boolean {
  return producerId >= 0 && firstOffset >= 0 && firstOffset < lastOffset && lastStableOffset <= lastOffset + 1
}

function readEntry(bytes: Buffer, at: number): AbortedTransaction {
  return {
    producerId: Number(bytes.readBigInt64BE(at + 2)),
    firstOffset: Number(bytes.readBigInt64BE(at + 10)),
    lastOffset: Number(bytes.readBigInt64BE(at + 18)),
    lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
  }
}
