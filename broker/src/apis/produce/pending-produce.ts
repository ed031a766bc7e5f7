import type { Partition } from '../../replication/partition/partition.ts'
import type { Timer } from '../../runtime/types.ts'
import type { RequestContext } from '../../server/context.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { fail, type PartitionResult } from './partition-result.ts'

interface Replicating {
  readonly result: PartitionResult
  readonly stop: () => void
  readonly isOver: () => boolean
}

/** Counts the partitions whose records are not yet safe. */
export class PendingProduce {
  readonly #context: RequestContext
  readonly #timeoutMs: number
  #count = 0
  #finish: (() => void) | undefined
  #fault: unknown
  /** Partitions that waited for their replicas, or still do: most requests have none. */
  #replicating: Replicating[] | undefined
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
    let isOver = false
    const stop = partition.whenCommitted(endOffset, leaderEpoch, (error) => {
      isOver = true
      if (error !== undefined) fail(result, error)
      this.finished()
    })
    if (stop === undefined) return
    this.#replicating ??= []
    this.#replicating.push({ result, stop, isOver: () => isOver })
    this.#timer ??= this.#context.broker.runtime.timers.after(this.#timeoutMs, () => this.#timeOut())
  }

  /** `make()` now if nothing is pending, else a promise of it. */
  whenFinished<Result>(make: () => Result): Result | Promise<Result> {
    if (this.#count === 0) return make()
    return new Promise((resolve, reject) => {
      // Assigned as it is made, V8 would make it in the old space, and with it keep the request for a major collection.
      const finish = () => {
        try {
          if (this.#fault !== undefined) reject(this.#fault)
          else resolve(make())
        } catch (error) {
          reject(error)
        }
      }
      this.#finish = finish
    })
  }

  #timeOut(): void {
    for (const { result, stop, isOver } of this.#replicating ?? []) {
      if (isOver()) continue
      stop()
      fail(result, new KafkaError(ErrorCode.REQUEST_TIMED_OUT))
      this.finished()
    }
  }
}
