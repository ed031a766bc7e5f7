/** Where in the log the newest snapshot of each share-partition is: what lies before all of them is of no use. */
import type { CoordinatorRecord } from '../../coordinator-shard.ts'

export class SnapshotPlaces {
  readonly #places = new Map<string, number>()
  /** Snapshots that are about to be appended. */
  readonly #awaited = new Map<CoordinatorRecord, string>()
  /** At most where the log ends. */
  #endOffset = 0
  #prunedBefore = 0

  /** Nothing is kept, and nothing was written since the last time. */
  get isEmpty(): boolean {
    return this.#places.size === 0 && this.#endOffset <= this.#prunedBefore
  }

  replayed(offset: number): void {
    this.#endOffset = Math.max(this.#endOffset, offset)
  }

  set(name: string, offset: number): void {
    this.#places.set(name, offset)
  }

  delete(name: string): void {
    this.#places.delete(name)
  }

  /** The place counts from when it is known; until then the snapshot before. */
  await(record: CoordinatorRecord, name: string): void {
    this.#awaited.set(record, name)
  }

  appended(records: readonly CoordinatorRecord[], baseOffset: number): void {
    this.#endOffset = baseOffset + records.length
    for (const [at, record] of records.entries()) {
      const name = this.#awaited.get(record)
      if (name !== undefined) this.#places.set(name, baseOffset + at)
      this.#awaited.delete(record)
    }
  }

  /** From where on the log is needed, if that is further than last time. */
  prune(): number | undefined {
    let needed = this.#endOffset
    for (const offset of this.#places.values()) needed = Math.min(needed, offset)
    if (needed <= this.#prunedBefore) return undefined
    this.#prunedBefore = needed
    return needed
  }

  clear(): void {
    this.#places.clear()
    this.#awaited.clear()
  }
}
