/**
 * Partitions whose role here is to follow newer metadata: taken up in order, for a few milliseconds of each turn of
 * the event loop. What waits meanwhile behaves as if the news had not come yet.
 */
import type { PartitionRef } from '../../cluster/index.ts'
import type { Timers } from '../../runtime/types.ts'

export interface RoleQueueParts {
  readonly timers: Timers
  readonly monotonicMs: () => number
  readonly assume: (ref: PartitionRef) => void
}

const SLICE_MS = 3

export class RoleQueue {
  readonly #parts: RoleQueueParts
  readonly #pending = new Map<string, PartitionRef>()
  #isScheduled = false
  #isStopped = false

  constructor(parts: RoleQueueParts) {
    this.#parts = parts
  }

  /** Those that the first slice reaches have their role when this returns. */
  add(refs: Iterable<PartitionRef>): void {
    for (const ref of refs) this.#pending.set(keyOf(ref.topic.topicId, ref.partitionId), ref)
    if (!this.#isScheduled) this.#runSlice()
  }

  has(topicId: string, partitionId: number): boolean {
    return this.#pending.has(keyOf(topicId, partitionId))
  }

  stop(): void {
    this.#isStopped = true
    this.#pending.clear()
  }

  #runSlice(): void {
    const { timers, monotonicMs, assume } = this.#parts
    const endMs = monotonicMs() + SLICE_MS
    for (const [key, ref] of this.#pending) {
      this.#pending.delete(key)
      assume(ref)
      if (monotonicMs() >= endMs) break
    }
    this.#isScheduled = this.#pending.size > 0 && !this.#isStopped
    if (this.#isScheduled) timers.endOfTurn(() => this.#runSlice())
  }
}

function keyOf(topicId: string, partitionId: number): string {
  return `${topicId}-${partitionId}`
}
