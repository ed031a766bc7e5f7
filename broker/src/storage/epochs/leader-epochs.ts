/** Which leader epoch began at which offset (KIP-101): the cache behind `leader-epoch-checkpoint`. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export interface EpochEndOffset {
  readonly epoch: number
  readonly endOffset: number
}

export const UNDEFINED_EPOCH = -1
export const UNDEFINED_OFFSET = -1

export class LeaderEpochs {
  /** Replaced as a whole with every change. */
  #entries: readonly EpochEntry[] = []

  constructor(entries: readonly EpochEntry[] = []) {
    for (const entry of entries) this.assign(entry.epoch, entry.startOffset)
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** Whether these are the entries, or the first of them. */
  beginsWith(entries: readonly EpochEntry[]): boolean {
    return entries.every(({ epoch, startOffset }, index) => {
      const own = this.#entries[index]
      return own?.epoch === epoch && own.startOffset === startOffset
    })
  }

  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? UNDEFINED_EPOCH
  }

  /** Notes the first offset of a newer epoch, which replaces one that began there without records. */
  assign(epoch: number, startOffset: number): boolean {
    if (epoch <= this.latest) return false
    const kept = this.#entries.filter((entry) => entry.startOffset < startOffset)
    this.#entries = [...kept, { epoch, startOffset }]
    return true
  }

  /** Where an epoch ended, as OffsetForLeaderEpoch and the divergence check of Fetch answer it. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch === UNDEFINED_EPOCH) return { epoch: UNDEFINED_EPOCH, endOffset: UNDEFINED_OFFSET }
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const higher = this.#entries.find((entry) => entry.epoch > epoch)
    if (higher === undefined) return { epoch: UNDEFINED_EPOCH, endOffset: UNDEFINED_OFFSET }
    const floor = this.#entries.findLast((entry) => entry.epoch <= epoch)
    return { epoch: floor?.epoch ?? epoch, endOffset: higher.startOffset }
  }

  /** The epoch in which `offset` was written; -1 if the cache does not reach back that far. */
  epochFor(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? UNDEFINED_EPOCH
  }

  /** Drops what began at or after the new end. True if anything changed. */
  truncateFromEnd(endOffset: number): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset)
    return this.#replace(kept)
  }

  /** The epoch that spans the new start begins there from now on. True if anything changed. */
  truncateFromStart(startOffset: number): boolean {
    const spanning = this.#entries.findLast((entry) => entry.startOffset <= startOffset)
    if (spanning === undefined || spanning.startOffset === startOffset) return this.#dropBefore(startOffset)
    const later = this.#entries.filter((entry) => entry.startOffset > startOffset)
    this.#entries = [{ epoch: spanning.epoch, startOffset }, ...later]
    return true
  }

  #dropBefore(startOffset: number): boolean {
    return this.#replace(this.#entries.filter((entry) => entry.startOffset >= startOffset))
  }

  #replace(entries: EpochEntry[]): boolean {
    if (entries.length === this.#entries.length) return false
    this.#entries = entries
    return true
  }
}
