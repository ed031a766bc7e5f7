/**
 * The records of a share-partition between its start offset and the last one that was delivered: neighbouring ranges of
 * offsets without gaps between them, split where their states differ and joined where they do not.
 */
import { assert } from '../assert.ts'
import type { DeliveryState } from '../delivery.ts'

export interface InFlightRange {
  readonly first: number
  readonly last: number
  readonly state: DeliveryState
  readonly deliveryCount: number
  /** Who has acquired the records; null in any other state. */
  readonly memberId: string | null
  /** Until when they are locked for it. */
  readonly lockedUntilMs: number
}

/** What may change of a range. */
export type RangeChange = Partial<Omit<InFlightRange, 'first' | 'last'>>

export class InFlight {
  #ranges: InFlightRange[] = []

  get ranges(): readonly InFlightRange[] {
    return this.#ranges
  }

  get firstOffset(): number | undefined {
    return this.#ranges[0]?.first
  }

  get lastOffset(): number | undefined {
    return this.#ranges.at(-1)?.last
  }

  /** Puts a range behind the others. */
  append(range: InFlightRange): void {
    const { lastOffset } = this
    assert(range.last >= range.first, `a range from ${range.first} to ${range.last}`)
    assert(
      lastOffset === undefined || range.first === lastOffset + 1,
      `a range at ${range.first} behind ${lastOffset}`,
    )
    this.#push(range)
  }

  /** The parts of ranges that lie within the given offsets, in order. */
  within(first: number, last: number): InFlightRange[] {
    const found: InFlightRange[] = []
    for (let at = this.#indexOf(first); at < this.#ranges.length; at++) {
      const range = this.#ranges[at] as InFlightRange
      if (range.first > last) break
      found.push({ ...range, first: Math.max(range.first, first), last: Math.min(range.last, last) })
    }
    return found
  }

  /** Gives a part of what is in flight another state. */
  change(first: number, last: number, change: (range: InFlightRange) => RangeChange): void {
    const before = this.#ranges
    const from = this.#indexOf(first)
    this.#ranges = before.slice(0, from)
    for (let at = from; at < before.length; at++) {
      const range = before[at] as InFlightRange
      if (range.first > last) {
        this.#push(range)
        continue
      }
      if (range.first < first) this.#push({ ...range, last: first - 1 })
      const part = { ...range, first: Math.max(range.first, first), last: Math.min(range.last, last) }
      this.#push({ ...part, ...change(part) })
      if (range.last > last) this.#push({ ...range, first: last + 1 })
    }
  }

  /** Forgets what lies before `offset`. */
  dropBefore(offset: number): void {
    const from = this.#indexOf(offset)
    this.#ranges = this.#ranges.slice(from)
    const head = this.#ranges[0]
    if (head !== undefined && head.first < offset) this.#ranges[0] = { ...head, first: offset }
  }

  /** Of the first range that ends at or behind the offset. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ranges[middle] as InFlightRange).last < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #push(range: InFlightRange): void {
    const last = this.#ranges.at(-1)
    if (last === undefined || !isAlike(last, range)) this.#ranges.push(range)
    else this.#ranges[this.#ranges.length - 1] = { ...last, last: range.last }
  }
}

function isAlike(one: InFlightRange, other: InFlightRange): boolean {
  return (
    one.state === other.state &&
    one.deliveryCount === other.deliveryCount &&
    one.memberId === other.memberId &&
    one.lockedUntilMs === other.lockedUntilMs
  )
}

/** Not locked by anybody. */
export function free(state: DeliveryState): RangeChange {
  return { state, memberId: null, lockedUntilMs: Infinity }
}
