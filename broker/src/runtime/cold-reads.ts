/**
 * Whether what is to be read of a file has to come from the disk. A read in the event loop keeps everybody waiting for
 * it: a millisecond and more for each 128 KiB that the system reads ahead. The system does not say what its page cache
 * has, so this goes by what earlier reads met. Pure.
 */
export class ColdReads {
  #left: number

  /** @param isOwn whether this process wrote what the file has: then the page cache has it, most likely */
  constructor(isOwn: boolean) {
    this.#left = isOwn ? 0 : 1
  }

  /** Whether the next read is to be brought in off the event loop first. */
  get areLikely(): boolean {
    return this.#left > 0
  }

  /** A read met the disk. */
  metDisk(): void {
    this.#left = READS_UNTIL_TRUSTED
  }

  /** What was brought in off the event loop was there already. */
  metPageCache(): void {
    this.#left = Math.max(0, this.#left - 1)
  }
}

/** Linux reads ahead by itself, so that some reads are quick between two that are not. */
const READS_UNTIL_TRUSTED = 32
