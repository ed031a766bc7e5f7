/** Sets of partitions, by topic id. Topics without partitions are left out. */

/** What a set of partition numbers and a map keyed by them have in common. */
export interface PartitionNumbers {
  readonly size: number
  has(partition: number): boolean
  keys(): Iterable<number>
}

export type Partitions = ReadonlyMap<string, PartitionNumbers>
export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>

export interface TopicPartitionsEntry {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export const NO_PARTITIONS: TopicPartitions = new Map()

export function toTopicPartitions(entries: readonly TopicPartitionsEntry[]): TopicPartitions {
  const result = new Map<string, Set<number>>()
  for (const { topicId, partitions } of entries) {
    for (const partition of partitions) addTo(result, topicId, partition)
  }
  return result
}

/** In an order of its own: the same set makes the same bytes. */
export function toEntries(partitions: Partitions): { topicId: string; partitions: number[] }[] {
  return [...partitions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topicId, numbers]) => ({ topicId, partitions: [...numbers.keys()].sort((a, b) => a - b) }))
}

export function addTo(partitions: Map<string, Set<number>>, topicId: string, partition: number): void {
  const known = partitions.get(topicId)
  if (known) known.add(partition)
  else partitions.set(topicId, new Set([partition]))
}

export function contains(partitions: Partitions, topicId: string, partition: number): boolean {
  return partitions.get(topicId)?.has(partition) === true
}

export function* eachPartition(partitions: Partitions): Generator<readonly [string, number]> {
  for (const [topicId, numbers] of partitions) {
    for (const partition of numbers.keys()) yield [topicId, partition]
  }
}

export function isSubset(part: Partitions, whole: Partitions): boolean {
  for (const [topicId, partition] of eachPartition(part)) {
    if (!contains(whole, topicId, partition)) return false
  }
  return true
}

export function samePartitions(one: Partitions, other: Partitions): boolean {
  return countPartitions(one) === countPartitions(other) && isSubset(one, other)
}

export function intersects(one: Partitions, other: Partitions): boolean {
  for (const [topicId, partition] of eachPartition(one)) {
    if (contains(other, topicId, partition)) return true
  }
  return false
}

export function countPartitions(partitions: Partitions): number {
  let count = 0
  for (const numbers of partitions.values()) count += numbers.size
  return count
}
