/** Requests that wait until an offset of a partition is reached, in the order of their offsets. */
import { ErrorCode, KafkaError } from '../../wire/index.ts'

/** Told once the offset is reached, or why it never will be. */
export type OffsetWaiter = (error: KafkaError | undefined) => void
/** It is also told where the partition begins on all live replicas. */
export type DeletionWaiter = (error: KafkaError | undefined, lowWatermark: number) => void

interface Entry {
  readonly offset: number
  readonly waiter: OffsetWaiter
}

export class OffsetWaiters {
  /** Lowest offset first. */
  #entries: Entry[] = []

  get count(): number {
    return this.#entries.length
  }

  /** The returned function ends the waiting without a word. */
  add(offset: number, waiter: OffsetWaiter): () => void {
    const entry = { offset, waiter }
    let at = this.#entries.length
    while (at > 0 && (this.#entries[at - 1] as Entry).offset > offset) at--
    this.#entries.splice(at, 0, entry)
    return () => {
      const index = this.#entries.indexOf(entry)
      if (index >= 0) this.#entries.splice(index, 1)
    }
  }

  /** `error` is for what has been reached, but cannot be said to be safe. */
  reached(offset: number, error?: KafkaError): void {
    const first = this.#entries[0]
    if (first === undefined || first.offset > offset) return
    let count = 1
    while (count < this.#entries.length && (this.#entries[count] as Entry).offset <= offset) count++
    for (const { waiter } of this.#entries.splice(0, count)) waiter(error)
  }

  /** Leadership is gone: whoever waits must ask the next leader. */
  abandon(): void {
    if (this.#entries.length === 0) return
    const entries = this.#entries
    this.#entries = []
    const error = new KafkaError(
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      'the leadership of the partition has moved',
    )
    for (const { waiter } of entries) waiter(error)
  }
}
