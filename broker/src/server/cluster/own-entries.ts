/**
 * The newest entries of the metadata log that this broker has appended itself, for those who follow it: the store has
 * taken each of them, and keeps it. What is not here is read from the store.
 */
import type { StoredEntry } from '../../cluster/index.ts'

const BYTES_MAX = 256 * 1024
const ENTRIES_MAX = 256

export class OwnEntries {
  #entries: StoredEntry[] = []
  #sizeBytes = 0

  add(entry: StoredEntry): void {
    const last = this.#entries.at(-1)
    // Somebody else appended in between: what was before is of an earlier term.
    if (last !== undefined && last.index + 1 !== entry.index) this.#drop(this.#entries.length)
    this.#entries.push(entry)
    this.#sizeBytes += entry.payload.byteLength
    while (this.#entries.length > ENTRIES_MAX || this.#sizeBytes > BYTES_MAX) this.#drop(1)
  }

  /** All from this index on, if all are here; none otherwise. */
  from(index: number): readonly StoredEntry[] {
    const [first] = this.#entries
    return first === undefined || index < first.index ? [] : this.#entries.slice(index - first.index)
  }

  #drop(count: number): void {
    for (const { payload } of this.#entries.splice(0, count)) this.#sizeBytes -= payload.byteLength
  }
}
