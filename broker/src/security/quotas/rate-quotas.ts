/** Quotas on rates: bytes produced, bytes fetched, time used for requests (KIP-13, KIP-124). */
import type { ClientQuotasView, QuotaKey } from '../../cluster/index.ts'
import { QuotaScopes } from './quota-scopes.ts'
import { type RateWindows, SampledRate } from './sampled-rate.ts'
import { ThrottledClients } from './throttled-clients.ts'

export class RateQuotas {
  readonly throttled = new ThrottledClients()
  readonly #windows: RateWindows
  readonly #throttleMsMax: number
  readonly #scopes: QuotaScopes<SampledRate>

  constructor(quotas: ClientQuotasView, key: QuotaKey, windows: RateWindows, throttleMsMax = Infinity) {
    this.#windows = windows
    this.#throttleMsMax = throttleMsMax
    this.#scopes = new QuotaScopes(quotas, key, () => new SampledRate(windows))
  }

  /** Counts `amount`; returns how long the client must be throttled for it. */
  record(user: string, clientId: string, amount: number, nowMs: number): number {
    const scope = this.#scopes.find(user, clientId)
    if (scope === undefined) return 0
    scope.measure.record(amount, nowMs)
    const throttleMs = Math.min(scope.measure.throttleMs(scope.limit, nowMs), this.#throttleMsMax)
    if (throttleMs > 0) this.throttled.add(amount, throttleMs, nowMs)
    return throttleMs
  }

  /** Takes back what was recorded, for an answer that is not given after all. */
  unrecord(user: string, clientId: string, amount: number, nowMs: number): void {
    this.#scopes.find(user, clientId)?.measure.record(-amount, nowMs)
  }

  /** The most that one request may take without being throttled for longer than all windows; Infinity without a quota. */
  windowMax(user: string, clientId: string): number {
    const scope = this.#scopes.find(user, clientId)
    if (scope === undefined) return Infinity
    const { count, sizeMs } = this.#windows
    return Math.floor((scope.limit * Math.max(1, count - 1) * sizeMs) / 1000)
  }

  refresh(): void {
    this.#scopes.refresh()
  }
}
