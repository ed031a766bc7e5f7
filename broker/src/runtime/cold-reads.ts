/**
 * Whether what is to be read of a file has to come from the disk. A read in the event loop keeps everybody waiting for
 * it: a millisecond and more for each 128 KiB that the system reads ahead. The system does not say what its page cache
 * has, so this goes by what earlier reads met. Pure.
 */
export class ColdReads {
  /** So much is brought in off the event loop until the page cache is trusted to have the file. */
  #doubtedBytes = 1
  #trustedAtMs = 0
  /** What lies behind was written by this process a moment ago. */
  #recentFrom = Infinity

  /** Whether a read from there is to be brought in off the event loop first. */
  areLikely(position: number, nowMs: number): boolean {
    if (position >= this.#recentFrom) return false
    return this.#doubtedBytes > 0 || nowMs - this.#trustedAtMs > TRUSTED_MS
  }

  /** Who reads at the end of a file does not wait for those who are far behind in it. */
  wrote(endPosition: number): void {
    this.#recentFrom = endPosition - RECENT_BYTES
  }

  /** A read met the disk. */
  metDisk(): void {
    this.#doubtedBytes = DOUBTED_BYTES
  }

  /** What was brought in off the event loop was there already. */
  metPageCache(sizeBytes: number, nowMs: number): void {
    this.#doubtedBytes = Math.max(0, this.#doubtedBytes - sizeBytes)
    this.#trustedAtMs = nowMs
  }
}

/** Twice what a system reads ahead at most: in between reads are quick. */
const DOUBTED_BYTES = 16 << 20
/** Few enough that the page cache has not let go of them. */
const RECENT_BYTES = 4 << 20
/** The system lets go of what nobody reads whenever it likes, whoever wrote it. */
const TRUSTED_MS = 2_000
