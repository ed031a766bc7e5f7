import type { Partition } from '../../replication/partition/partition.ts'
import type { Timer } from '../../runtime/types.ts'
import type { RequestContext } from '../../server/context.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { fail, type PartitionResult } from './partition-result.ts'

/** Counts the partitions whose records are not yet safe. */
export class PendingProduce {
  readonly #context: RequestContext
  readonly #timeoutMs: number
  #count = 0
  #finish: (() => void) | undefined
  #fault: unknown
  /** Partitions that wait for their replicas: most requests have none. */
  #replicating: Map<PartitionResult, () => void> | undefined
  #timer: Timer | undefined

  constructor(context: RequestContext, timeoutMs: number) {
    this.#context = context
    this.#timeoutMs = timeoutMs
  }

  started(): void {
    this.#count++
  }

  finished(): void {
    if (--this.#count > 0) return
    this.#timer?.cancel()
    this.#finish?.()
  }

  /** Something that no client is to blame for: the request ends with it. */
  broke(error: unknown): void {
    this.#fault ??= error
    this.finished()
  }

  /** The records are written here: the answer waits until enough replicas have them too, but not forever. */
  replicate(partition: Partition, endOffset: number, leaderEpoch: number, result: PartitionResult): void {
    if (partition.isCommitted(endOffset, leaderEpoch)) {
      this.finished()
      return
    }
    const stop = partition.whenCommitted(endOffset, leaderEpoch, (error) => {
      if (error !== undefined) fail(result, error)
      this.#replicating?.delete(result)
      this.finished()
    })
    if (stop === undefined) return
    this.#replicating ??= new Map()
    this.#replicating.set(result, stop)
    this.#timer ??= this.#context.broker.runtime.timers.after(this.#timeoutMs, () => this.#timeOut())
  }

  /** `make()` now if nothing is pending, else a promise of it. */
  whenFinished<Result>(make: () => Result): Result | Promise<Result> {
    if (this.#count === 0) return make()
    return new Promise((resolve, reject) => {
      this.#finish = () => {
        try {
          if (this.#fault !== undefined) reject(this.#fault)
          else resolve(make())
        } catch (error) {
          reject(error)
        }
      }
    })
  }

  #timeOut(): void {
    const replicating = [...(this.#replicating ?? [])]
    this.#replicating = undefined
    for (const [result, stop] of replicating) {
      stop()
      fail(result, new KafkaError(ErrorCode.REQUEST_TIMED_OUT))
      this.finished()
    }
  }
}
