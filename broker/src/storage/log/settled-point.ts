/**
 * How far a log may be trusted after a power loss. An fsync may have lied: many a disk keeps what it was given in a cache
 * of its own and writes it out by and by. So its word counts only some time later, and a start reads, and indexes anew,
 * what was synced in the last moments as well.
 */

/** By then the cache of such a disk is written out. */
export const SETTLED_AFTER_MS = 30_000

export class SettledPoint {
  #offset: number
  /** What becomes settled next, and when it was synced at the latest. */
  #next: { readonly offset: number; readonly syncedMs: number }

  /** `offset` was settled, by the checkpoint of the process before, and all below `syncedOffset` is synced. */
  constructor(offset: number, syncedOffset: number, nowMs: number) {
    this.#offset = offset
    this.#next = { offset: syncedOffset, syncedMs: nowMs }
  }

  /** All below `syncedOffset` is synced by now. Returns what may be told. */
  advance(syncedOffset: number, nowMs: number): number {
    if (nowMs - this.#next.syncedMs >= SETTLED_AFTER_MS) this.#offset = this.#next.offset
    if (this.#next.offset <= this.#offset) this.#next = { offset: syncedOffset, syncedMs: nowMs }
    return this.#offset
  }

  truncated(endOffset: number): void {
    this.#offset = Math.min(this.#offset, endOffset)
    this.#next = { ...this.#next, offset: Math.min(this.#next.offset, endOffset) }
  }
}
