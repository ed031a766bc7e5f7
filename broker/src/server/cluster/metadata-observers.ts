/** How far a broker follows the metadata log, as the controller heard of it. Times are wall-clock milliseconds. */
export interface ObserverState {
  readonly logEndOffset: number
  readonly lastFetchMs: number
  /** -1 if it never was. */
  readonly lastCaughtUpMs: number
}

/** Kept by the active controller for DescribeQuorum (KIP-836). */
export class MetadataObservers {
  readonly #states = new Map<number, ObserverState>()

  get(brokerId: number): ObserverState | undefined {
    return this.#states.get(brokerId)
  }

  /** A broker that has all before `logEndOffset` asked for more, while the log itself ended at `endOffset`. */
  heard(brokerId: number, logEndOffset: number, endOffset: number, nowMs: number): void {
    const lastCaughtUpMs = logEndOffset >= endOffset ? nowMs : (this.get(brokerId)?.lastCaughtUpMs ?? -1)
    this.#states.set(brokerId, { logEndOffset, lastFetchMs: nowMs, lastCaughtUpMs })
  }

  forget(brokerId: number): void {
    this.#states.delete(brokerId)
  }

  /** Another term: what was heard in an earlier one is old. */
  clear(): void {
    this.#states.clear()
  }
}
