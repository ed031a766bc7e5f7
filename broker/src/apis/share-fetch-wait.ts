import type { Timers } from '../runtime/types.ts'
import type { SharePartitionHost } from '../server/share/share-partition-host.ts'

/**
 * Tells a ShareFetch that finds nothing when it is worth looking again. It watches a partition from before the fetch looks
 * at it, so that nothing is missed between looking and waiting.
 */
export class ShareFetchWait {
  #stops: (() => void)[] = []
  #isNews = false
  #wake: (() => void) | undefined

  watch({ available, partition }: SharePartitionHost): void {
    this.#stops.push(available.add(this.#notice), partition.readers.add(this.#notice))
  }

  /** Resolves when something has changed since `watch`, or after `waitMs`; watches nothing any more then. */
  async until(waitMs: number, timers: Timers): Promise<void> {
    if (!this.#isNews) {
      await new Promise<void>((resolve) => {
        const timer = timers.after(waitMs, resolve)
        const wake = () => {
          timer.cancel()
          resolve()
        }
        this.#wake = wake
      })
    }
    this.end()
  }

  end(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#isNews = false
    this.#wake = undefined
  }

  readonly #notice = (): void => {
    this.#isNews = true
    this.#wake?.()
  }
}
