/**
 * The bytes of one file of a MemoryDisk: as readers see them, and as much of them as a power loss would
 * leave.
 */
import type { Random } from './types.ts'

type Change = { readonly position: number; readonly bytes: Buffer } | { readonly truncateTo: number }

/** One in so many torn writes leaves zeros, as a file system does that had made room but not yet written. */
const ZEROED_TEAR_ODDS = 4

export class MemoryContent {
  #current = new GrowingBytes()
  #durable = new GrowingBytes()
  /** Not synced yet, oldest first. */
  #changes: Change[] = []
  #syncedCount = 0
  modifiedMs = 0

  get size(): number {
    return this.#current.size
  }

  read(target: Uint8Array, position: number): number {
    return this.#current.read(target, position)
  }

  write(bytes: Uint8Array, position: number): void {
    const copy = Buffer.from(bytes)
    this.#current.write(copy, position)
    this.#changes.push({ position, bytes: copy })
  }

  truncate(sizeBytes: number): void {
    this.#current.truncate(sizeBytes)
    this.#changes.push({ truncateTo: sizeBytes })
  }

  /** All changes so far. */
  get changeCount(): number {
    return this.#syncedCount + this.#changes.length
  }

  /** Makes the first `changeCount` of all changes durable. */
  sync(changeCount: number): void {
    const synced = this.#changes.splice(0, Math.max(0, changeCount - this.#syncedCount))
    this.#syncedCount += synced.length
    for (const change of synced) apply(this.#durable, change)
  }

  /** Some of the unsynced changes, in order, are there after all; the next one is torn at any byte. */
  losePower(random: Random): void {
    this.sync(this.#syncedCount + random.below(this.#changes.length + 1))
    const [torn] = this.#changes
    if (torn !== undefined && 'bytes' in torn) {
      const kept = torn.bytes.subarray(0, random.below(torn.bytes.length + 1))
      const isZeroed = random.below(ZEROED_TEAR_ODDS) === 0
      apply(this.#durable, { position: torn.position, bytes: isZeroed ? Buffer.alloc(kept.length) : kept })
    }
    this.#changes = []
    this.#current = this.#durable.copy()
  }
}

function apply(bytes: GrowingBytes, change: Change): void {
  if ('bytes' in change) bytes.write(change.bytes, change.position)
  else bytes.truncate(change.truncateTo)
}

class GrowingBytes {
  #bytes: Buffer = Buffer.alloc(0)
  size = 0

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + target.length)
    return end <= position ? 0 : this.#bytes.copy(target, 0, position, end)
  }

  write(source: Buffer, position: number): void {
    const end = position + source.length
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(end, this.#bytes.length * 2, 256))
      this.#bytes.copy(grown, 0, 0, this.size)
      this.#bytes = grown
    }
    source.copy(this.#bytes, position)
    this.size = Math.max(this.size, end)
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.size) this.#bytes.fill(0, sizeBytes, this.size)
    else if (sizeBytes > this.#bytes.length) this.write(Buffer.alloc(1), sizeBytes - 1)
    this.size = sizeBytes
  }

  copy(): GrowingBytes {
    const copy = new GrowingBytes()
    copy.#bytes = Buffer.from(this.#bytes)
    copy.size = this.size
    return copy
  }
}
