import type { Partition } from '../partition/partition.ts'
import { Fetcher } from './fetcher.ts'
import type { FetcherParts } from './fetcher-parts.ts'

/**
 * Of replicas that are behind: written in about half a millisecond, between two of which everybody else has a turn. What a
 * request costs either side is as much as a quarter of such a piece.
 */
const BEHIND_PARTITION_BYTES_MAX = 512 << 10
const BEHIND_RESPONSE_BYTES_MAX = 2 * BEHIND_PARTITION_BYTES_MAX

/**
 * For each broker that leads something which this broker follows. What is behind is copied beside what is in sync, and
 * never before it: a record that waits for its acknowledgement waits for no other partition's past. What the leader holds
 * back a request of is not asked anew for a partition that comes to it: that one has a request of its own meanwhile.
 */
interface LeaderFetchers {
  readonly inSync: Fetcher
  readonly joining: Fetcher
  readonly behind: Fetcher
}

export class Fetchers {
  readonly #parts: FetcherParts
  readonly #byLeader = new Map<number, LeaderFetchers>()
  readonly #leaderOf = new Map<Partition, number>()
  #isStopped = false

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** Follows the partition's leader from now on, in its present epoch; without a leader, nobody. */
  follow(partition: Partition): void {
    const { leaderId, standing } = partition
    this.unfollow(partition)
    if (leaderId < 0 || this.#isStopped) return
    this.#leaderOf.set(partition, leaderId)
    let fetchers = this.#byLeader.get(leaderId)
    if (fetchers === undefined) {
      fetchers = this.#fetchersOf(leaderId)
      this.#byLeader.set(leaderId, fetchers)
    }
    if (standing === 'IN_SYNC') join(fetchers, partition)
    else fetchers.behind.follow(partition)
  }

  unfollow(partition: Partition): void {
    const leaderId = this.#leaderOf.get(partition)
    if (leaderId === undefined) return
    this.#leaderOf.delete(partition)
    for (const fetcher of this.#at(leaderId)) fetcher.unfollow(partition)
  }

  /** A broker has another address or another life. */
  reconnect(brokerId: number): void {
    for (const fetcher of this.#at(brokerId)) fetcher.reconnect()
  }

  stop(): void {
    this.#isStopped = true
    for (const leaderId of this.#byLeader.keys()) for (const fetcher of this.#at(leaderId)) fetcher.stop()
    this.#byLeader.clear()
    this.#leaderOf.clear()
  }

  #fetchersOf(leaderId: number): LeaderFetchers {
    const { settings } = this.#parts
    const partsBehind = {
      ...this.#parts,
      settings: {
        ...settings,
        partitionBytesMax: Math.min(settings.partitionBytesMax, BEHIND_PARTITION_BYTES_MAX),
        responseBytesMax: Math.min(settings.responseBytesMax, BEHIND_RESPONSE_BYTES_MAX),
      },
    }
    const inSync = new Fetcher(leaderId, this.#parts)
    const joining = new Fetcher(leaderId, this.#parts, {
      onCaughtUp: (partition) => inSync.takeOver(partition, joining),
    })
    const behind = new Fetcher(leaderId, partsBehind, {
      pace: this.#parts.pace,
      onCaughtUp: (partition) => {
        behind.unfollow(partition)
        join({ inSync, joining }, partition)
      },
    })
    return { inSync, joining, behind }
  }

  #at(leaderId: number): Fetcher[] {
    const fetchers = this.#byLeader.get(leaderId)
    return fetchers === undefined ? [] : [fetchers.inSync, fetchers.joining, fetchers.behind]
  }
}

function join({ inSync, joining }: Omit<LeaderFetchers, 'behind'>, partition: Partition): void {
  if (inSync.isAsking) joining.follow(partition)
  else inSync.follow(partition)
}
