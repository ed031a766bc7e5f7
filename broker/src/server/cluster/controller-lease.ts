import type { CoordinationStore, Lease } from '@freshet/coordination'
import { CONTROLLER_LEASE } from '../../cluster/index.ts'

export const CONTROLLER_LEASE_TTL_MS = 1500
/**
 * Each renewal is a write that somebody may pay for, so there are as few as leave room for one that is late: another
 * takes a lease only that it has seen unchanged for all its time. Whoever waits looks a little more rarely than it is
 * renewed, and often as soon as a renewal is missing: a silent controller is replaced within the lease and a second.
 */
const RENEW_MS = 700
const LOOK_MS = 800
const MISSING_MS = 100
/** The store cannot be reached, or this broker is to wait for another. */
const RETRY_MS = 300
/** Broker id and log dir: a restarted broker finds its lease again, another one with the same id does not. */
const HOLDER = /^broker-(\d+)\//

/** Who would take the lease when it is free. */
export interface LeaseCandidate {
  /** Nobody holds it, or whoever does has not renewed it since the last look. */
  mayTake(): Promise<boolean>
  /** Somebody holds it. */
  isTaken(): void
}

/** Who may append to the metadata log: the broker that holds the lease. */
export class ControllerLease {
  readonly #store: CoordinationStore
  readonly #holder: string
  #own: Lease | undefined
  #refreshing: Promise<void> = Promise.resolve()
  #isGivenUp = false
  #holderId: number | undefined
  #seen: Lease | undefined
  #refreshAfterMs = RETRY_MS

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

  /** The lease as it was when it was last looked at. */
  get seen(): Lease | undefined {
    return this.#seen
  }

  /** How soon the lease is to be refreshed again. */
  get refreshAfterMs(): number {
    return this.#refreshAfterMs
  }

  /**
   * Frees the lease of a process that is dead, so that nobody has to wait until it runs out; false if it is not that one
   * any more. Should the process live after all, it loses a lease, which is always safe.
   */
  async free(lease: Lease): Promise<boolean> {
    const current = await this.#store.leases.read(CONTROLLER_LEASE)
    if (current?.token !== lease.token || current.holder === this.#holder) return false
    await this.#store.leases.release(lease)
    return true
  }

  /** Renews our lease, takes a free one, or notes who has it. */
  async refresh(candidate: LeaseCandidate): Promise<void> {
    if (this.#isGivenUp) return
    this.#refreshing = this.#refresh(candidate)
    await this.#refreshing
  }

  async #refresh(candidate: LeaseCandidate): Promise<void> {
    this.#refreshAfterMs = RETRY_MS
    const { leases } = this.#store
    if (this.#own !== undefined) {
      this.#own = await leases.renew(this.#own, CONTROLLER_LEASE_TTL_MS)
      if (this.#own !== undefined) {
        this.#refreshAfterMs = RENEW_MS
        candidate.isTaken()
      }
      if (this.#own !== undefined || this.#isGivenUp) return
    }
    if (await this.#isHeldByAnother()) {
      this.#refreshAfterMs = LOOK_MS
      candidate.isTaken()
    } else if ((await candidate.mayTake()) && !this.#isGivenUp) await this.#acquire()
  }

  async #acquire(): Promise<void> {
    const { leases } = this.#store
    this.#own = await leases.acquire(CONTROLLER_LEASE, this.#holder, CONTROLLER_LEASE_TTL_MS)
    this.#refreshAfterMs = this.#own === undefined ? MISSING_MS : RENEW_MS
    this.#note(this.#own ?? (await leases.read(CONTROLLER_LEASE)))
  }

  /** Reading is cheaper than trying: whoever holds the lease renews it between two looks, unless it is in trouble. */
  async #isHeldByAnother(): Promise<boolean> {
    const current = await this.#store.leases.read(CONTROLLER_LEASE)
    const seen = this.#seen
    this.#seen = current
    if (current === undefined || current.holder === this.#holder) return false
    this.#note(current)
    return current.token !== seen?.token || current.expiresAtMs !== seen.expiresAtMs
  }

  #note(lease: Lease | undefined): void {
    const brokerId = HOLDER.exec(lease?.holder ?? '')?.[1]
    this.#holderId = brokerId === undefined ? undefined : Number(brokerId)
  }

  /** After the store refused an append: we are not the controller any more. */
  lost(): void {
    this.#own = undefined
  }

  /** Gives it back for good; a refresh on its way must not take it again behind our back. */
  async release(): Promise<void> {
    this.#isGivenUp = true
    await this.giveBack()
  }

  async giveBack(): Promise<void> {
    await this.#refreshing.catch(() => undefined) // Whoever asked for it hears of its failure.
    const own = this.#own
    this.#own = undefined
    if (own !== undefined) await this.#store.leases.release(own)
  }
}
