/**
 * Offsets that were committed as part of transactions which are still open (KIP-98): nobody sees them before the
 * transaction commits.
 */
import type { CommittedOffset } from './group-offsets.ts'

interface Pending {
  readonly topic: string
  readonly partition: number
  readonly committed: CommittedOffset
  /** An ordinary commit came later: that one stays. */
  isSuperseded: boolean
}

export class PendingOffsets {
  /** By producer id, then in the order of their commits. */
  private readonly byProducer = new Map<number, Pending[]>()

  get isEmpty(): boolean {
    return this.byProducer.size === 0
  }

  add(producerId: number, topic: string, partition: number, committed: CommittedOffset): void {
    const added = { topic, partition, committed, isSuperseded: false }
    const others = this.byProducer.get(producerId)?.filter((it) => !isAt(it, topic, partition)) ?? []
    this.byProducer.set(producerId, [...others, added])
  }

  has(topic: string, partition: number): boolean {
    for (const pending of this.byProducer.values())
      if (pending.some((it) => isAt(it, topic, partition))) return true
    return false
  }

  supersede(topic: string, partition: number): void {
    for (const pending of this.byProducer.values()) {
      for (const each of pending) if (isAt(each, topic, partition)) each.isSuperseded = true
    }
  }

  /** The transaction is over; returns what counts if it was committed. */
  take(producerId: number): readonly Pending[] {
    const pending = this.byProducer.get(producerId) ?? []
    this.byProducer.delete(producerId)
    return pending.filter(({ isSuperseded }) => !isSuperseded)
  }
}

function isAt(pending: Pending, topic: string, partition: number): boolean {
  return pending.partition === partition && pending.topic === topic
}
