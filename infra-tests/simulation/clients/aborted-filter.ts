/** What a consumer leaves out of a fetch: control records, and the records of transactions that were aborted. */
import {
  decodeMarker,
  isControlBatch,
  isTransactionalBatch,
  lastOffset,
  producerId,
} from '@freshet/broker/wire'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export class AbortedFilter {
  /** Those that have not begun yet, by first offset. */
  readonly #ahead: AbortedTransaction[]
  readonly #producers = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset)
  }

  /** To be asked of every batch, in order. */
  leavesOut(bytes: Buffer, at: number): boolean {
    while (this.#ahead[0] !== undefined && this.#ahead[0].firstOffset <= lastOffset(bytes, at))
      this.#producers.add(this.#ahead.shift()?.producerId ?? -1)
    const id = producerId(bytes, at)
    if (!isControlBatch(bytes, at)) return isTransactionalBatch(bytes, at) && this.#producers.has(id)
    if (decodeMarker(bytes, at)?.isCommit === false) this.#producers.delete(id)
    return true
  }
}
