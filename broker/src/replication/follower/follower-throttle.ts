/** Holds partitions back from a follower's fetches while they have copied more than their quota (KIP-73). */

import type { ReplicationQuota } from '../replication-quota.ts'
import type { Followed } from './followed.ts'

interface Members {
  has(member: Followed): boolean
  set(member: Followed): void
  delete(member: Followed): void
}

/** So soon it is looked again whether there is quota. */
export const THROTTLE_CHECK_MS = 100

export class FollowerThrottle {
  readonly #quota: ReplicationQuota
  readonly #heldBack = new Set<Followed>()

  constructor(quota: ReplicationQuota) {
    this.#quota = quota
  }

  get isHoldingBack(): boolean {
    return this.#heldBack.size > 0
  }

  /** Takes what must wait out of the session of fetches, and puts back what need not. In sync, a replica never waits. */
  apply(session: Members, all: () => Iterable<Followed>): void {
    const { isExceeded } = this.#quota
    for (const followed of this.#heldBack) {
      if (isExceeded && isThrottled(followed)) continue
      this.#heldBack.delete(followed)
      session.set(followed)
    }
    if (!isExceeded) return
    for (const followed of all()) {
      if (!isThrottled(followed) || !session.has(followed)) continue
      session.delete(followed)
      this.#heldBack.add(followed)
    }
  }

  forget(followed: Followed): void {
    this.#heldBack.delete(followed)
  }
}

function isThrottled({ partition, isInSync }: Followed): boolean {
  return partition.throttled.asFollower && !isInSync
}
