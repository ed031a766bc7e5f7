/**
 * The transactions of a log whose end is not sure yet: undecided, or decided by a marker above the high watermark.
 * What such a transaction wrote, and everything behind it, is not stable.
 */
import { assert } from '../assert.ts'

export interface CompletedTransaction {
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  readonly lastStableOffset: number
}

export class OpenTransactions {
  /** The first offset by producer id; they begin in the order of their offsets. */
  readonly #undecided = new Map<number, number>()
  /** In the order of their markers. */
  readonly #unreplicated: CompletedTransaction[] = []

  begin(producerId: number, firstOffset: number): void {
    assert(!this.#undecided.has(producerId), 'a producer has one transaction at a time')
    this.#undecided.set(producerId, firstOffset)
  }

  /** Undefined if the producer wrote nothing here since its last transaction. */
  complete(producerId: number, lastOffset: number): CompletedTransaction | undefined {
    const firstOffset = this.#undecided.get(producerId)
    if (firstOffset === undefined) return undefined
    this.#undecided.delete(producerId)
    const lastStableOffset = this.#firstUndecided ?? lastOffset + 1
    const completed = { firstOffset, lastOffset, lastStableOffset }
    this.#unreplicated.push(completed)
    return completed
  }

  replicated(highWatermark: number): void {
    const unreplicated = this.#unreplicated
    let count = 0
    while (count < unreplicated.length && unreplicated[count]!.lastOffset < highWatermark) count++
    if (count > 0) unreplicated.splice(0, count)
  }

  /** Undefined while everything is decided and replicated. */
  get firstUnstableOffset(): number | undefined {
    let first = this.#firstUndecided
    for (const { firstOffset } of this.#unreplicated) {
      if (first === undefined || firstOffset < first) first = firstOffset
    }
    return first
  }

  get #firstUndecided(): number | undefined {
    return this.#undecided.values().next().value
  }
}
