import { CoordinationError, type CoordinationStore } from '@freshet/coordination'

export interface StoreConditions {
  isAvailable(): boolean
  /** The time that a request or an answer takes. */
  delay(): Promise<void>
}

/** For tests: one process's access to the shared store: it ends with the process and may fail meanwhile. */
export class ProcessStore implements CoordinationStore {
  readonly leases: CoordinationStore['leases']
  readonly logs: CoordinationStore['logs']
  readonly documents: CoordinationStore['documents']
  readonly #conditions: StoreConditions
  #killed = false

  constructor(store: CoordinationStore, conditions: StoreConditions) {
    this.#conditions = conditions
    this.leases = this.#guard(store.leases)
    this.logs = this.#guard(store.logs)
    this.documents = this.#guard(store.documents)
  }

  /** Nobody is left to hear an answer. */
  kill(): void {
    this.#killed = true
  }

  async close(): Promise<void> {}

  #guard<Part extends object>(part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...parameters: unknown[]) => {
          await this.#travel()
          try {
            return await Reflect.apply(method, target, parameters)
          } finally {
            // Also an answer may be lost: then nobody knows whether the store did it.
            await this.#travel()
          }
        }
      },
    })
  }

  async #travel(): Promise<void> {
    await this.#conditions.delay()
    if (this.#killed) await new Promise(() => {})
    if (!this.#conditions.isAvailable()) throw new CoordinationError('UNAVAILABLE', 'the store is away')
  }
}
