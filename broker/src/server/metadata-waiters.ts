import type { ClusterView } from '../cluster/index.ts'
import type { Timers } from '../runtime/types.ts'

interface Waiter {
  readonly isReached: (cluster: ClusterView) => boolean
  readonly finish: () => void
}

/** Requests that go on when this broker's metadata has come to a certain point. */
export class MetadataWaiters {
  readonly #cluster: ClusterView
  readonly #timers: Timers
  readonly #waiters = new Set<Waiter>()

  constructor(cluster: ClusterView, timers: Timers) {
    this.#cluster = cluster
    this.#timers = timers
  }

  /** Resolves when `isReached`, or after `timeoutMs`. */
  wait(isReached: (cluster: ClusterView) => boolean, timeoutMs: number): Promise<void> {
    if (isReached(this.#cluster)) return Promise.resolve()
    return new Promise((resolve) => {
      const waiter: Waiter = {
        isReached,
        finish: () => {
          timer.cancel()
          this.#waiters.delete(waiter)
          resolve()
        },
      }
      const timer = this.#timers.after(timeoutMs, waiter.finish)
      this.#waiters.add(waiter)
    })
  }

  /** To be called after each change of the metadata. */
  changed(): void {
    for (const waiter of [...this.#waiters]) if (waiter.isReached(this.#cluster)) waiter.finish()
  }
}
