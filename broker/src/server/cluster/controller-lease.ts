import type { CoordinationStore, Lease } from '@freshet/coordination'
import { CONTROLLER_LEASE } from '../../cluster/index.ts'

export const CONTROLLER_LEASE_TTL_MS = 3000
/** Broker id and log dir: a restarted broker finds its lease again, another one with the same id does not. */
const HOLDER = /^broker-(\d+)\//

/** Who may append to the metadata log: the broker that holds the lease. */
export class ControllerLease {
  readonly #store: CoordinationStore
  readonly #holder: string
  #own: Lease | undefined
  #holderId: number | undefined

  constructor(store: CoordinationStore, brokerId: number, directoryId: string) {
    this.#store = store
    this.#holder = `broker-${brokerId}/${directoryId}`
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
    this.#own = await leases.acquire(CONTROLLER_LEASE, this.#holder, CONTROLLER_LEASE_TTL_MS)
    const current = this.#own ?? (await leases.read(CONTROLLER_LEASE))
    const brokerId = HOLDER.exec(current?.holder ?? '')?.[1]
    this.#holderId = brokerId === undefined ? undefined : Number(brokerId)
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
