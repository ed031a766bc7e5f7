/**
 * A list that is filled and emptied all the time, such as of those who wait. A `Set` or `Map` is none for it: V8 gives
 * one that was emptied a new table, which the old one points to, and once one of these has become old all that follow
 * live, with what is in them, until a collection of the whole heap.
 */
export interface Linked<Entry> {
  isLinked: boolean
  before: Entry | undefined
  after: Entry | undefined
}

/** To be spread into what is to be in a list, in one at a time. */
export const UNLINKED = { isLinked: false, before: undefined, after: undefined } as const

/** In the order of `push`. */
export class LinkedList<Entry extends Linked<Entry>> {
  #first: Entry | undefined
  #last: Entry | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** To the end, also if it is in the list already. */
  push(entry: Entry): void {
    this.remove(entry)
    entry.isLinked = true
    entry.before = this.#last
    if (this.#last === undefined) this.#first = entry
    else this.#last.after = entry
    this.#last = entry
    this.#size++
  }

  /** False if it was not there. */
  remove(entry: Entry): boolean {
    if (!entry.isLinked) return false
    const { before, after } = entry
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    entry.isLinked = false
    // An entry that is not used any more must not keep others alive.
    entry.before = undefined
    entry.after = undefined
    this.#size--
    return true
  }

  toArray(): Entry[] {
    const entries: Entry[] = []
    for (let entry = this.#first; entry !== undefined; entry = entry.after) entries.push(entry)
    return entries
  }
}
