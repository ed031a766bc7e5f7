/**
 * What cleaning knows of transactions while it goes over a log, front to back: which batches were aborted, and which
 * markers have nothing left to mark.
 */

import { attributesOf, BatchAttribute, lastOffsetOf, producerIdOf } from '../batches/batch.ts'
import type { AbortedTransaction } from '../producers/aborted-transactions.ts'

interface OpenAborted {
  readonly transaction: AbortedTransaction
  hasBatches: boolean
}

export type MarkerKind = 'commit' | 'abort' | 'other' | 'cleaned'

export class CleanedTransactions {
  /** Aborted transactions whose marker stays: the cleaned segment's index needs them. */
  readonly retained: AbortedTransaction[] = []
  #pending: AbortedTransaction[]
  readonly #aborted = new Map<number, OpenAborted>()
  readonly #committed = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Of a log that is gone over from here on only: nothing that is read there would end what is over before. */
  beginAt(offset: number): this {
    this.#pending = this.#pending.filter(({ lastOffset }) => lastOffset >= offset)
    return this
  }

  /** Whether a batch of records was aborted. */
  sawRecords(batch: Buffer): boolean {
    this.#beginUpTo(lastOffsetOf(batch, 0))
    if ((attributesOf(batch, 0) & BatchAttribute.TRANSACTIONAL) === 0) return false
    const producerId = producerIdOf(batch, 0)
    const open = this.#aborted.get(producerId)
    if (open === undefined) {
      this.#committed.add(producerId)
      return false
    }
    open.hasBatches = true
    return true
  }

  /** Whether a marker marks nothing any more: all of its transaction's batches are gone. */
  sawMarker(batch: Buffer, kind: MarkerKind): boolean {
    this.#beginUpTo(lastOffsetOf(batch, 0))
    const producerId = producerIdOf(batch, 0)
    switch (kind) {
      case 'cleaned':
        return true
      case 'other':
        return false
      case 'commit':
        return !this.#committed.delete(producerId)
      case 'abort':
        return !this.#endAborted(producerId)
    }
  }

  #endAborted(producerId: number): boolean {
    const open = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (open === undefined || !open.hasBatches) return false
    this.retained.push(open.transaction)
    return true
  }

  #beginUpTo(offset: number): void {
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      if (first.firstOffset > offset) return
      this.#pending.shift()
      if (!this.#aborted.has(first.producerId))
        this.#aborted.set(first.producerId, { transaction: first, hasBatches: false })
    }
  }
}
