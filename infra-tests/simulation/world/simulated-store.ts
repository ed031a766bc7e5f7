/**
 * One broker's way to the coordination store: requests and answers take time and can get lost in an outage, also after
 * the store did what was asked.
 */
import { CoordinationError, type CoordinationStore } from '@freshet/coordination'
import type { Timers } from '../broker-code.ts'

export interface StoreCondition {
  available: boolean
  latencyMs: number
}

export class SimulatedStore implements CoordinationStore {
  readonly leases: CoordinationStore['leases']
  readonly logs: CoordinationStore['logs']
  readonly documents: CoordinationStore['documents']
  readonly #timers: Timers
  readonly #isReachable: () => boolean
  readonly #latencyMs: () => number

  constructor(store: CoordinationStore, timers: Timers, isReachable: () => boolean, latencyMs: () => number) {
    this.#timers = timers
    this.#isReachable = isReachable
    this.#latencyMs = latencyMs
    this.leases = this.#remote(store.leases)
    this.logs = this.#remote(store.logs)
    this.documents = this.#remote(store.documents)
  }

  async close(): Promise<void> {}

  #remote<Part extends object>(part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...parameters: unknown[]) => {
          await this.#travel()
          const [outcome] = await Promise.allSettled([Reflect.apply(method, target, parameters)])
          await this.#travel()
          if (outcome?.status === 'fulfilled') return outcome.value
          throw outcome?.reason
        }
      },
    })
  }

  /** The timers of a process that was killed never fire: nobody is left to hear an answer. */
  async #travel(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#timers.after(this.#latencyMs(), resolve)
    })
    if (!this.#isReachable()) throw new CoordinationError('UNAVAILABLE', 'the store cannot be reached')
  }
}
