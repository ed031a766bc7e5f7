/** A partition as it should be: the smallest log with transactions, compaction and retention. */
import type { PolledRecord, Watermarks } from '../history.ts'

interface Stored {
  readonly offset: number
  /** Undefined in a control record. */
  readonly value: string | undefined
  readonly key: string | undefined
  readonly transaction: string | undefined
}

export class ReferenceLog {
  readonly name: string
  logStartOffset = 0
  highWatermark = 0
  #records: Stored[] = []
  readonly #open = new Map<string, number>()
  readonly #aborted = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  get lastStableOffset(): number {
    return Math.min(this.highWatermark, ...this.#open.values())
  }

  get watermarks(): Watermarks {
    const { logStartOffset, highWatermark, lastStableOffset } = this
    return { logStartOffset, highWatermark, lastStableOffset }
  }

  append(value: string, key: string | undefined, transaction: string | undefined): number {
    const offset = this.highWatermark++
    this.#records.push({ offset, value, key, transaction })
    if (transaction !== undefined && !this.#open.has(transaction)) this.#open.set(transaction, offset)
    return offset
  }

  endTransaction(transaction: string, committed: boolean): void {
    if (!this.#open.delete(transaction)) return
    if (!committed) this.#aborted.add(transaction)
    this.#records.push({ offset: this.highWatermark++, value: undefined, key: undefined, transaction })
  }

  read(from: number, readCommitted: boolean, limit: number): PolledRecord[] {
    const end = readCommitted ? this.lastStableOffset : this.highWatermark
    const found: PolledRecord[] = []
    for (const { offset, value, transaction } of this.#records) {
      if (offset < from || value === undefined) continue
      if (offset >= end || found.length >= limit) break
      if (readCommitted && transaction !== undefined && this.#aborted.has(transaction)) continue
      found.push([offset, value])
    }
    return found
  }

  /** Removes what has a later, settled record of its key. */
  compact(): void {
    const end = this.lastStableOffset
    const latest = new Map<string, number>()
    for (const record of this.#records) {
      const aborted = record.transaction !== undefined && this.#aborted.has(record.transaction)
      if (record.key !== undefined && record.offset < end && !aborted) latest.set(record.key, record.offset)
    }
    this.#records = this.#records.filter(
      ({ offset, key }) => key === undefined || (latest.get(key) ?? -1) <= offset,
    )
  }

  trim(logStartOffset: number): void {
    this.logStartOffset = Math.max(this.logStartOffset, Math.min(logStartOffset, this.lastStableOffset))
    this.#records = this.#records.filter(({ offset }) => offset >= this.logStartOffset)
  }
}
