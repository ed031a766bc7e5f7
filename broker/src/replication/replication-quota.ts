/** How fast throttled replicas may copy (KIP-73), on one side: all that this broker leads, or all that it follows. */
import { type RateWindows, SampledRate } from '../security/quotas/sampled-rate.ts'

export class ReplicationQuota {
  /** `leader.replication.throttled.rate` or `follower.replication.throttled.rate` */
  bytesPerSecondMax = Number.POSITIVE_INFINITY
  readonly #rate: SampledRate
  readonly #monotonicMs: () => number

  constructor(windows: RateWindows, monotonicMs: () => number) {
    this.#rate = new SampledRate(windows)
    this.#monotonicMs = monotonicMs
  }

  get isLimited(): boolean {
    return this.bytesPerSecondMax !== Number.POSITIVE_INFINITY
  }

  /** Bytes of a throttled replica. */
  record(sizeBytes: number): void {
    if (this.isLimited && sizeBytes > 0) this.#rate.record(sizeBytes, this.#monotonicMs())
  }

  get isExceeded(): boolean {
    return this.isLimited && this.#rate.perSecond(this.#monotonicMs()) > this.bytesPerSecondMax
  }
}

/** One for each side. */
export interface ReplicationQuotas {
  readonly leader: ReplicationQuota
  readonly follower: ReplicationQuota
}
