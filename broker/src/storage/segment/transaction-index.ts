/**
 * `.txnindex` of a segment: the aborted transactions whose marker the segment has, in the order of their markers. The
 * file comes with its first entry; most segments have none.
 */

import { assert } from '../assert.ts'
import { offsetFilePath, TRANSACTION_INDEX_SUFFIX } from '../names.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'
import { type FilePool, PooledFile } from './file-pool.ts'

const VERSION = 0
const ENTRY_BYTES = 34
const BLOCK_ENTRIES = 512

export class TransactionIndex {
  readonly #pool: FilePool
  readonly #file: PooledFile
  #count: number | undefined
  #needsSync = false

  constructor(pool: FilePool, folder: string, baseOffset: number, suffix: string) {
    this.#pool = pool
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
    if (this.count === 0) return
    const kept = this.#firstFrom(offset)
    if (kept === this.count) return
    this.#file.use('write').truncate(kept * ENTRY_BYTES)
    this.#count = kept
    this.#needsSync = true
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
    const read = this.#file.use('read').read(target, index * ENTRY_BYTES)
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

function readEntry(bytes: Buffer, at: number): AbortedTransaction {
  return {
    producerId: Number(bytes.readBigInt64BE(at + 2)),
    firstOffset: Number(bytes.readBigInt64BE(at + 10)),
    lastOffset: Number(bytes.readBigInt64BE(at + 18)),
    lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
  }
}
