import type { CoordinationStore, Lease } from '@freshet/coordination'
import { CONTROLLER_LEASE } from '../../cluster/index.ts'

export const CONTROLLER_LEASE_TTL_MS = 3000
const HOLDER_PREFIX = 'broker-'

/** Who may append to the metadata log: the broker that holds the lease. */
export class ControllerLease {
  readonly #store: CoordinationStore
  readonly #brokerId: number
  #own: Lease | undefined
  #holderId: number | undefined

  constructor(store: CoordinationStore, brokerId: number) {
    this.#store = store
    this.#brokerId = brokerId
  }

  /** Our lease, if we hold it as far as we know: the store has the last word on each append. */
  get own(): Lease | undefined {
    return this.#own
  }

  /** The broker that held the lease when it was last looked at. */
  get holderId(): number | undefined {
    return this.#holderId
  }

  /** Renews our lease, takes a free one, or notes who has it. */
  async refresh(): Promise<void> {
    const { leases } = this.#store
    if (this.#own !== undefined) {
      this.#own = await leases.renew(this.#own, CONTROLLER_LEASE_TTL_MS)
      if (this.#own !== undefined) return
    }
    this.#own = await leases.acquire(
      CONTROLLER_LEASE,
      `${HOLDER_PREFIX}${this.#brokerId}`,
      CONTROLLER_LEASE_TTL_MS,
    )
    const current = this.#own ?? (await leases.read(CONTROLLER_LEASE))
    this.#holderId = current === undefined ? undefined : Number(current.holder.slice(HOLDER_PREFIX.length))
  }

  /** After the store refused an append: we are not the controller any more. */
  lost(): void {
    this.#own = undefined
  }

  async release(): Promise<void> {
    const own = this.#own
    this.#own = undefined
    if (own !== undefined) await this.#store.leases.release(own)
  }
}
