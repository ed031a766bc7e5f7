/** What is measured for each scope of one quota, and the limit that holds for it. Bounded: clients name themselves. */
import type { ClientQuotasView, QuotaKey } from '../../cluster/index.ts'
import { findQuota } from './quota-lookup.ts'

const SCOPES_MAX = 10_000

export interface Scope<Measure> {
  readonly limit: number
  readonly measure: Measure
}

export class QuotaScopes<Measure> {
  readonly #quotas: ClientQuotasView
  readonly #key: QuotaKey
  readonly #create: () => Measure
  /** By user and client id; undefined where no quota holds. */
  readonly #found = new Map<string, Scope<Measure> | undefined>()
  /** The least recently looked up first. */
  readonly #measures = new Map<string, Measure>()

  constructor(quotas: ClientQuotasView, key: QuotaKey, create: () => Measure) {
    this.#quotas = quotas
    this.#key = key
    this.#create = create
  }

  find(user: string, clientId: string): Scope<Measure> | undefined {
    if (this.#quotas.size === 0) return undefined
    const name = `${user}\n${clientId}`
    const known = this.#found.get(name)
    if (known !== undefined || this.#found.has(name)) return known
    const found = findQuota(this.#quotas, this.#key, user, clientId)
    const scope = found && { limit: found.limit, measure: this.#measure(found.scope) }
    if (this.#found.size >= SCOPES_MAX) this.#found.clear()
    this.#found.set(name, scope)
    return scope
  }

  /** The quotas changed. What was measured stays. */
  refresh(): void {
    this.#found.clear()
  }

  #measure(scope: string): Measure {
    const measure = this.#measures.get(scope) ?? this.#create()
    this.#measures.delete(scope)
    this.#measures.set(scope, measure)
    if (this.#measures.size > SCOPES_MAX) {
      const [oldest] = this.#measures.keys()
      if (oldest !== undefined) this.#measures.delete(oldest)
    }
    return measure
  }
}
