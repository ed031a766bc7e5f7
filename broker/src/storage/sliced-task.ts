/**
 * Something to be done for every log from time to time, a slice at a time, so that nothing waits for long.
 */
import { KafkaError } from '../wire/index.ts'
import type { PartitionLog } from './partition-log.ts'

export interface SlicedTaskOptions {
  readonly firstDueMs: number
  readonly intervalMs: number
  readonly run: (log: PartitionLog, nowMs: number) => void
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
  runSlice(nowMs: number, logs: () => PartitionLog[], isTimeUp: () => boolean): boolean {
    if (this.#pending.length === 0 && nowMs >= this.#dueMs) {
      this.#dueMs = nowMs + this.#options.intervalMs
      this.#pending = logs()
    }
    while (this.#pending.length > 0 && !isTimeUp()) this.#runOne(this.#pending.pop(), nowMs)
    return this.#pending.length > 0
  }

  #runOne(log: PartitionLog | undefined, nowMs: number): void {
    if (log === undefined || log.failure !== undefined) return
    try {
      this.#options.run(log, nowMs)
    } catch (error) {
      // The log went offline and said so; the others go on.
      if (!(error instanceof KafkaError)) throw error
    }
  }
}
