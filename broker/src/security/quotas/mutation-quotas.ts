/** The quota on partitions created and deleted (KIP-599). */
import { type ClientQuotasView, QuotaKey } from '../../cluster/index.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { QuotaScopes, type Scope } from './quota-scopes.ts'
import type { RateWindows } from './sampled-rate.ts'
import { TokenBucket } from './token-bucket.ts'

export class MutationQuotas {
  readonly #scopes: QuotaScopes<TokenBucket>

  constructor(quotas: ClientQuotasView, { count, sizeMs }: RateWindows) {
    const burstSeconds = (count * sizeMs) / 1000
    const key = QuotaKey.CONTROLLER_MUTATION_RATE
    this.#scopes = new QuotaScopes(quotas, key, () => new TokenBucket(burstSeconds))
  }

  /**
   * The quota of one request. A strict one refuses what comes while the bucket is overdrawn; versions that do not know
   * that error are throttled afterwards.
   */
  of(user: string, clientId: string, isStrict: boolean, now: () => number): RequestMutations {
    return new RequestMutations(this.#scopes.find(user, clientId), isStrict, now)
  }

  refresh(): void {
    this.#scopes.refresh()
  }
}

export class RequestMutations {
  readonly #scope: Scope<TokenBucket> | undefined
  readonly #isStrict: boolean
  readonly #now: () => number
  throttleMs = 0

  constructor(scope: Scope<TokenBucket> | undefined, isStrict: boolean, now: () => number) {
    this.#scope = scope
    this.#isStrict = isStrict
    this.#now = now
  }

  /** Throws THROTTLING_QUOTA_EXCEEDED. */
  readonly record = (partitions: number): void => {
    if (this.#scope === undefined) return
    const { limit, measure } = this.#scope
    const nowMs = this.#now()
    const overdrawnMs = measure.throttleMs(limit, nowMs)
    if (this.#isStrict && overdrawnMs > 0) {
      this.throttleMs = Math.max(this.throttleMs, overdrawnMs)
      throw new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
    }
    measure.take(partitions, limit, nowMs)
    if (!this.#isStrict) this.throttleMs = Math.max(this.throttleMs, measure.throttleMs(limit, nowMs))
  }
}
