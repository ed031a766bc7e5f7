import type { Partition } from '../partition/partition.ts'
import type { Followed } from './followed.ts'

/** What is followed of one leader, by topic id and partition, without building a key for each look-up. */
export class FollowedPartitions {
  readonly #topics = new Map<string, Map<number, Followed>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(topicId: string, partition: number): Followed | undefined {
    return this.#topics.get(topicId)?.get(partition)
  }

  /** Not another one that took its place meanwhile. */
  has(followed: Followed): boolean {
    return this.get(followed.partition.topicId, followed.partition.index) === followed
  }

  add(followed: Followed): void {
    const { topicId, index } = followed.partition
    const partitions = this.#topics.get(topicId)
    if (partitions === undefined) this.#topics.set(topicId, new Map([[index, followed]]))
    else partitions.set(index, followed)
    this.#size++
  }

  remove({ topicId, index }: Partition): Followed | undefined {
    const partitions = this.#topics.get(topicId)
    const followed = partitions?.get(index)
    if (partitions === undefined || followed === undefined) return undefined
    partitions.delete(index)
    if (partitions.size === 0) this.#topics.delete(topicId)
    this.#size--
    return followed
  }

  *[Symbol.iterator](): Generator<Followed> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }
}
