import { CoordinationError, type CoordinationStore } from '@freshet/coordination'

/** For tests: one process's access to the shared store: it ends with the process and may fail meanwhile. */
export class ProcessStore implements CoordinationStore {
  readonly leases: CoordinationStore['leases']
  readonly logs: CoordinationStore['logs']
  readonly documents: CoordinationStore['documents']
  readonly #isAvailable: () => boolean
  #killed = false

  constructor(store: CoordinationStore, isAvailable: () => boolean) {
    this.#isAvailable = isAvailable
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
          if (this.#killed) return await new Promise(() => {})
          if (!this.#isAvailable()) throw new CoordinationError('UNAVAILABLE', 'the store is away')
          const result: unknown = await Reflect.apply(method, target, parameters)
          return this.#killed ? await new Promise(() => {}) : result
        }
      },
    })
  }
}
