/**
 * Where the latest reads of a segment ended: a consumer's next fetch begins there, and so needs no index.
 * A few slots serve a few groups of consumers that read at different places.
 */
const SLOTS = 4

export class ReadHints {
  readonly #offsets = [-1, -1, -1, -1]
  readonly #positions = [0, 0, 0, 0]
  #next = 0

  /** The file position at which the batch with `offset` begins, or -1. */
  find(offset: number): number {
    const slot = this.#offsets.indexOf(offset)
    return slot < 0 ? -1 : (this.#positions[slot] ?? -1)
  }

  remember(offset: number, position: number): void {
    let slot = this.#offsets.indexOf(offset)
    if (slot < 0) {
      slot = this.#next
      this.#next = (this.#next + 1) % SLOTS
    }
    this.#offsets[slot] = offset
    this.#positions[slot] = position
  }
}
