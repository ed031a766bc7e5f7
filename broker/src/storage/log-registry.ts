/** Logs by topic and partition, without building a key for each look-up. */
import type { StorageError } from './errors.ts'
import type { PartitionLog } from './partition-log.ts'

type Entry = PartitionLog | StorageError

export class LogRegistry {
  readonly #topics = new Map<string, Map<number, Entry>>()

  get(topic: string, partition: number): PartitionLog | undefined {
    const entry = this.#topics.get(topic)?.get(partition)
    if (entry instanceof Error) throw entry
    return entry
  }

  all(): PartitionLog[] {
    const logs: PartitionLog[] = []
    for (const partitions of this.#topics.values()) {
      for (const entry of partitions.values()) if (!(entry instanceof Error)) logs.push(entry)
    }
    return logs
  }

  add(log: PartitionLog): void {
    this.#set(log.topic, log.partition, log)
  }

  /** The folder is there, but it could not be opened: whoever asks for the log gets the error. */
  addFailure(topic: string, partition: number, error: StorageError): void {
    this.#set(topic, partition, error)
  }

  remove(topic: string, partition: number): PartitionLog | undefined {
    const partitions = this.#topics.get(topic)
    const entry = partitions?.get(partition)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
    return entry instanceof Error ? undefined : entry
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
