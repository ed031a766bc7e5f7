/**
 * Where the latest reads of a segment ended: a reader's next fetch begins there, and so needs no index. A few slots serve
 * a few groups of consumers that read at different places; those at the end, where every record makes a new place, have
 * slots of their own, for whoever is behind comes again much later.
 */
const SLOTS = 4

export class ReadHints {
  readonly #offsets = new Array<number>(2 * SLOTS).fill(-1)
  readonly #positions = new Array<number>(2 * SLOTS).fill(0)
  #nextBehind = 0
  #nextAtEnd = 0

  /** The file position at which the batch with `offset` begins, or -1. */
  find(offset: number): number {
    const slot = this.#offsets.indexOf(offset)
    return slot < 0 ? -1 : (this.#positions[slot] ?? -1)
  }

  remember(offset: number, position: number, isAtEnd: boolean): void {
    let slot = this.#offsets.indexOf(offset)
    if (slot < 0) slot = isAtEnd ? SLOTS + (this.#nextAtEnd++ % SLOTS) : this.#nextBehind++ % SLOTS
    this.#offsets[slot] = offset
    this.#positions[slot] = position
  }
}
