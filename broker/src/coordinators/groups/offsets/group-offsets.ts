/** What a group has committed, whatever its protocol: it stays when a group goes from one protocol to another. */
import { PendingOffsets } from './pending-offsets.ts'

export interface CommittedOffset {
  readonly offset: number
  /** -1 if the client gave none. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Only clients before OffsetCommit v5 ask for a retention of their own; -1 otherwise. */
  readonly expireTimestampMs: number
  readonly topicId: string
}

export class GroupOffsets {
  /** By topic and partition; no topic without partitions. */
  private readonly committed = new Map<string, Map<number, CommittedOffset>>()
  readonly pending = new PendingOffsets()

  get isEmpty(): boolean {
    return this.committed.size === 0 && this.pending.isEmpty
  }

  topics(): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.committed
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.committed.get(topic)?.get(partition)
  }

  /** Null removes. */
  set(topic: string, partition: number, committed: CommittedOffset | null): void {
    if (!this.pending.isEmpty) this.pending.supersede(topic, partition)
    const partitions = this.committed.get(topic)
    if (committed && partitions) partitions.set(partition, committed)
    else if (committed) this.committed.set(topic, new Map([[partition, committed]]))
    else if (partitions?.delete(partition) && partitions.size === 0) this.committed.delete(topic)
  }
}
