/**
 * The newest offset of each key, as digests in a table of bounded size: 24 bytes per key whatever its length. Filled
 * over a part of the log, front to back.
 */
import { assert } from '../assert.ts'
import { type Digest, digest } from './murmur.ts'

export const ENTRY_BYTES = 24
const EMPTY = -1

export class OffsetMap {
  /** The last offset that the map was told of, with a key or without. */
  latestOffset = -1
  readonly #seed: number
  readonly #slots: number
  readonly #entriesMax: number
  readonly #digests: Int32Array
  readonly #offsets: Float64Array
  readonly #digest: Digest = [0, 0, 0, 0]
  #count = 0

  /** `loadFactor` of the slots are filled at most. */
  constructor(slots: number, loadFactor: number, seed: number) {
    assert(slots >= 2 && loadFactor > 0 && loadFactor <= 1, 'an offset map has slots')
    this.#seed = seed
    this.#slots = slots
    // One slot stays empty, so that every search ends.
    this.#entriesMax = Math.min(Math.max(1, Math.floor(slots * loadFactor)), slots - 1)
    this.#digests = new Int32Array(slots * 4)
    this.#offsets = new Float64Array(slots).fill(EMPTY)
  }

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= this.#entriesMax
  }

  /** How many keys still find room. */
  get room(): number {
    return this.#entriesMax - this.#count
  }

  put(bytes: Buffer, at: number, length: number, offset: number): void {
    const slot = this.#find(bytes, at, length)
    if (this.#offsets[slot] === EMPTY) {
      assert(!this.isFull, 'a full offset map takes no more keys')
      this.#digests.set(this.#digest, slot * 4)
      this.#count++
    }
    this.#offsets[slot] = offset
    this.latestOffset = offset
  }

  /** The newest offset of a key; -1 if the map does not know it. */
  get(bytes: Buffer, at: number, length: number): number {
    return this.#offsets[this.#find(bytes, at, length)]!
  }

  /** The slot of the key, or the empty one where it would go. */
  #find(bytes: Buffer, at: number, length: number): number {
    digest(bytes, at, length, this.#seed, this.#digest)
    const [a, b, c, d] = this.#digest
    const digests = this.#digests
    for (let slot = (a >>> 0) % this.#slots; ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      if (this.#offsets[slot] === EMPTY) return slot
      const at4 = slot * 4
      if (digests[at4] === a && digests[at4 + 1] === b && digests[at4 + 2] === c && digests[at4 + 3] === d)
        return slot
    }
  }
}
