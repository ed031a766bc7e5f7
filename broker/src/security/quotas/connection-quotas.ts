/** Limits on connections (KIP-402, KIP-612): how many there are, and how many come per second. */
import { type ClientQuotasView, QuotaKey } from '../../cluster/index.ts'
import { type RateWindows, SampledRate } from './sampled-rate.ts'

export interface ConnectionLimits {
  /** `max.connections` */
  readonly connectionsMax: number
  /** `max.connections.per.ip` and its overrides. */
  readonly perAddressMax: number
  readonly addressOverrides: ReadonlyMap<string, number>
  /** `max.connection.creation.rate` */
  readonly creationRateMax: number
}

/** A refused connection is closed after `delayMs`; an accepted one is served after `delayMs`. */
export type Admission =
  | { readonly accepted: true; readonly delayMs: number }
  | { readonly accepted: false; readonly delayMs: number; readonly reason: string }

const ADDRESSES_MAX = 10_000

export class ConnectionQuotas {
  readonly #quotas: ClientQuotasView
  readonly #windows: RateWindows
  #limits: ConnectionLimits
  readonly #created: SampledRate
  readonly #createdByAddress = new Map<string, SampledRate>()
  readonly #counts = new Map<string, number>()
  #count = 0
  #createdTotal = 0

  constructor(quotas: ClientQuotasView, windows: RateWindows, limits: ConnectionLimits) {
    this.#quotas = quotas
    this.#windows = windows
    this.#limits = limits
    this.#created = new SampledRate(windows)
  }

  get count(): number {
    return this.#count
  }

  /** All that were ever accepted. */
  get createdTotal(): number {
    return this.#createdTotal
  }

  /** New limits are for those who come from now on. */
  configure(limits: ConnectionLimits): void {
    this.#limits = limits
  }

  /** An accepted connection counts until `closed`. */
  admit(address: string, nowMs: number): Admission {
    const { connectionsMax, perAddressMax, addressOverrides, creationRateMax } = this.#limits
    const refused = (reason: string, delayMs = 0): Admission => ({ accepted: false, delayMs, reason })
    const here = this.#counts.get(address) ?? 0
    if (this.#count >= connectionsMax) return refused('max.connections is reached')
    if (here >= (addressOverrides.get(address) ?? perAddressMax))
      return refused('max.connections.per.ip is reached')
    const throttleMs = this.#recordAddress(address, nowMs)
    if (throttleMs > 0) return refused(`${QuotaKey.CONNECTION_CREATION_RATE} is exceeded`, throttleMs)
    this.#count++
    this.#createdTotal++
    this.#counts.set(address, here + 1)
    return { accepted: true, delayMs: this.#recordCreation(creationRateMax, nowMs) }
  }

  closed(address: string): void {
    const here = this.#counts.get(address) ?? 0
    if (here === 0) throw new Error(`more connections of ${address} were closed than were accepted`)
    this.#count--
    if (here === 1) this.#counts.delete(address)
    else this.#counts.set(address, here - 1)
  }

  #recordCreation(limit: number, nowMs: number): number {
    if (limit >= INT_MAX) return 0
    this.#created.record(1, nowMs)
    return Math.min(this.#created.throttleMs(limit, nowMs), this.#windows.sizeMs)
  }

  #recordAddress(address: string, nowMs: number): number {
    const limit = this.#addressRate(address)
    if (limit === undefined) return 0
    const rate = this.#rateOf(address)
    rate.record(1, nowMs)
    const throttleMs = Math.min(rate.throttleMs(limit, nowMs), this.#windows.sizeMs)
    // It does not become a connection.
    if (throttleMs > 0) rate.record(-1, nowMs)
    return throttleMs
  }

  #addressRate(address: string): number | undefined {
    if (this.#quotas.size === 0) return undefined
    const quotaOf = (entityName: string | null) =>
      this.#quotas.find([{ entityType: 'ip', entityName }])?.get(QuotaKey.CONNECTION_CREATION_RATE)
    return quotaOf(address) ?? quotaOf(null)
  }

  #rateOf(address: string): SampledRate {
    let rate = this.#createdByAddress.get(address)
    if (rate === undefined) {
      if (this.#createdByAddress.size >= ADDRESSES_MAX) this.#createdByAddress.clear()
      rate = new SampledRate(this.#windows)
      this.#createdByAddress.set(address, rate)
    }
    return rate
  }
}

const INT_MAX = 0x7fffffff
