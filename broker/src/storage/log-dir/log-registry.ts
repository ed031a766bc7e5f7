/** Logs by topic and partition, without building a key for each look-up. */
import type { StorageError } from '../errors.ts'
import type { LogStart } from '../log/log-context.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/** A folder that could not be opened, and with what it was tried. */
interface Unopened {
  readonly error: StorageError
  readonly start: LogStart
}

type Entry = PartitionLog | Unopened

export class LogRegistry {
  readonly #topics = new Map<string, Map<number, Entry>>()

  get(topic: string, partition: number): PartitionLog | undefined {
    const entry = this.#topics.get(topic)?.get(partition)
    if (entry !== undefined && 'error' in entry) throw entry.error
    return entry
  }

  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false
  }

  isOnline(topic: string, partition: number): boolean {
    const entry = this.#topics.get(topic)?.get(partition)
    return entry !== undefined && !('error' in entry) && entry.failure === undefined
  }

  /** With what an offline log may be opened anew; undefined if it may not, or not yet. */
  restartOf(topic: string, partition: number): LogStart | undefined {
    const entry = this.#topics.get(topic)?.get(partition)
    if (entry === undefined || !('error' in entry)) return entry?.restart
    return entry.error.isForWantOfRoom ? entry.start : undefined
  }

  all(): PartitionLog[] {
    const logs: PartitionLog[] = []
    for (const partitions of this.#topics.values()) {
      for (const entry of partitions.values()) if (!('error' in entry)) logs.push(entry)
    }
    return logs
  }

  add(log: PartitionLog): void {
    this.#set(log.topic, log.partition, log)
  }

  /** The folder is there, but it could not be opened: whoever asks for the log gets the error. */
  addFailure(topic: string, partition: number, error: StorageError, start: LogStart): void {
    this.#set(topic, partition, { error, start })
  }

  remove(topic: string, partition: number): PartitionLog | undefined {
    const partitions = this.#topics.get(topic)
    const entry = partitions?.get(partition)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
    return entry === undefined || 'error' in entry ? undefined : entry
  }

  #set(topic: string, partition: number, entry: Entry): void {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topic, partitions)
    }
    partitions.set(partition, entry)
  }
}
