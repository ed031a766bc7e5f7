/**
 * Something to be done for every log from time to time, a slice at a time, so that nothing waits for long.
 */
import type { Moment } from '../../runtime/types.ts'
import { KafkaError } from '../../wire/index.ts'
import type { PartitionLog } from '../log/partition-log.ts'

export interface SlicedTaskOptions {
  readonly firstDueMs: number
  readonly intervalMs: number
  readonly run: (log: PartitionLog, now: Moment) => void
}

export class SlicedTask {
  readonly #options: SlicedTaskOptions
  #dueMs: number
  #pending: PartitionLog[] = []

  constructor(options: SlicedTaskOptions) {
    this.#options = options
    this.#dueMs = options.firstDueMs
  }

  /** Works until `isTimeUp`. Returns whether anything is left for the next slice. */
  runSlice(now: Moment, logs: () => PartitionLog[], isTimeUp: () => boolean): boolean {
    if (this.#pending.length === 0 && now.monotonicMs >= this.#dueMs) {
      this.#dueMs = now.monotonicMs + this.#options.intervalMs
      this.#pending = logs()
    }
    while (this.#pending.length > 0 && !isTimeUp()) this.#runOne(this.#pending.pop(), now)
    return this.#pending.length > 0
  }

  #runOne(log: PartitionLog | undefined, now: Moment): void {
    if (log === undefined || log.failure !== undefined) return
    try {
      this.#options.run(log, now)
    } catch (error) {
      // The log went offline and said so; the others go on.
      if (!(error instanceof KafkaError)) throw error
    }
  }
}
