import type { Partition } from '../partition/partition.ts'
import { Fetcher } from './fetcher.ts'
import type { FetcherParts } from './fetcher-parts.ts'

/** One fetcher for each broker that leads something which this broker follows. */
export class Fetchers {
  readonly #parts: FetcherParts
  readonly #byLeader = new Map<number, Fetcher>()
  readonly #leaderOf = new Map<Partition, number>()
  #isStopped = false

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** Follows the partition's leader from now on, in its present epoch; without a leader, nobody. */
  follow(partition: Partition): void {
    const { leaderId } = partition
    if (this.#leaderOf.get(partition) !== leaderId) this.unfollow(partition)
    if (leaderId < 0 || this.#isStopped) return
    this.#leaderOf.set(partition, leaderId)
    let fetcher = this.#byLeader.get(leaderId)
    if (fetcher === undefined) {
      fetcher = new Fetcher(leaderId, this.#parts)
      this.#byLeader.set(leaderId, fetcher)
    }
    fetcher.follow(partition)
  }

  unfollow(partition: Partition): void {
    const leaderId = this.#leaderOf.get(partition)
    if (leaderId === undefined) return
    this.#leaderOf.delete(partition)
    this.#byLeader.get(leaderId)?.unfollow(partition)
  }

  /** A broker has another address or another life. */
  reconnect(brokerId: number): void {
    this.#byLeader.get(brokerId)?.reconnect()
  }

  stop(): void {
    this.#isStopped = true
    for (const fetcher of this.#byLeader.values()) fetcher.stop()
    this.#byLeader.clear()
    this.#leaderOf.clear()
  }
}
