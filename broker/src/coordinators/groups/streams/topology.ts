/**
 * What a topology comes to with the topics that exist: how many tasks each subtopology has, which topics of its own
 * it lacks, and what is wrong with those that others made (KIP-1071).
 */
import type { TopicsView } from '../target/topics-view.ts'

export interface TopicInfo {
  readonly name: string
  /** 0: as many as its source has. */
  readonly partitions: number
  /** 0 or -1: the cluster's default. */
  readonly replicationFactor: number
  readonly topicConfigs: readonly { readonly key: string; readonly value: string }[]
}

export interface Subtopology {
  readonly subtopologyId: string
  readonly sourceTopics: readonly string[]
  readonly sourceTopicRegex: readonly string[]
  readonly stateChangelogTopics: readonly TopicInfo[]
  readonly repartitionSinkTopics: readonly string[]
  readonly repartitionSourceTopics: readonly TopicInfo[]
  readonly copartitionGroups: readonly {
    readonly sourceTopics: readonly number[]
    readonly sourceTopicRegex: readonly number[]
    readonly repartitionSourceTopics: readonly number[]
  }[]
}

export interface Topology {
  readonly epoch: number
  readonly subtopologies: readonly Subtopology[]
}

export const statusCode = {
  staleTopology: 0,
  missingSourceTopics: 1,
  incorrectlyPartitionedTopics: 2,
  missingInternalTopics: 3,
  shutdownApplication: 4,
  assignmentDelayed: 5,
} as const

export interface Status {
  readonly statusCode: number
  readonly statusDetail: string
}

/** A topic that is to be created for a topology's own use; -1 for the cluster's default. */
export interface InternalTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly never[]
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

export interface ConfiguredTopology {
  /** Number of tasks by subtopology id; none while something is wrong. */
  readonly taskCounts: ReadonlyMap<string, number>
  readonly problem: Status | undefined
  readonly topicsToCreate: readonly InternalTopic[]
}

export function configureTopology({ subtopologies }: Topology, topics: TopicsView): ConfiguredTopology {
  const missing = [...new Set(subtopologies.flatMap(({ sourceTopics }) => sourceTopics))].filter(
    (name) => !topics.byName(name),
  )
  if (missing.length > 0) {
    return broken(statusCode.missingSourceTopics, `Source topics ${missing.sort().join(', ')} are missing.`)
  }
  const counts = new PartitionCounts(subtopologies, topics)
  const problem = counts.resolve() ?? counts.checkCopartitioning()
  if (problem !== undefined) return broken(statusCode.incorrectlyPartitionedTopics, problem)
  const taskCounts = new Map(subtopologies.map((each) => [each.subtopologyId, counts.tasksOf(each)]))
  const { topicsToCreate, mismatch } = internalTopics(subtopologies, counts, taskCounts, topics)
  if (mismatch !== undefined) return broken(statusCode.incorrectlyPartitionedTopics, mismatch)
  if (topicsToCreate.length === 0) return { taskCounts, problem: undefined, topicsToCreate }
  const names = topicsToCreate.map(({ name }) => name).join(', ')
  const statusDetail = `Internal topics are missing: [${names}]`
  return {
    taskCounts: new Map(),
    problem: { statusCode: statusCode.missingInternalTopics, statusDetail },
    topicsToCreate,
  }
}

/** Every topic that the tasks of a topology read: its metadata decides on assignments. */
export function topicsOf({ subtopologies }: Topology): Set<string> {
  const names = new Set<string>()
  for (const { sourceTopics, repartitionSourceTopics, stateChangelogTopics } of subtopologies) {
    for (const name of sourceTopics) names.add(name)
    for (const { name } of [...repartitionSourceTopics, ...stateChangelogTopics]) names.add(name)
  }
  return names
}

function broken(code: number, statusDetail: string): ConfiguredTopology {
  return { taskCounts: new Map(), problem: { statusCode: code, statusDetail }, topicsToCreate: [] }
}

/** Partition counts of source and repartition topics; the latter follow from who writes them and who joins them. */
class PartitionCounts {
  private readonly subtopologies: readonly Subtopology[]
  private readonly counts = new Map<string, number>()

  constructor(subtopologies: readonly Subtopology[], topics: TopicsView) {
    this.subtopologies = subtopologies
    for (const { sourceTopics, repartitionSourceTopics } of subtopologies) {
      for (const name of sourceTopics) this.counts.set(name, topics.byName(name)?.partitionCount ?? 0)
      for (const { name, partitions } of repartitionSourceTopics) {
        if (partitions > 0) this.counts.set(name, partitions)
      }
    }
  }

  of(topic: string): number | undefined {
    return this.counts.get(topic)
  }

  tasksOf({ sourceTopics, repartitionSourceTopics }: Subtopology): number {
    const names = [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]
    return Math.max(0, ...names.map((name) => this.counts.get(name) ?? 0))
  }

  /** Each round finds at least one more, or none is left to be found. */
  resolve(): string | undefined {
    const open = new Set(
      this.subtopologies.flatMap((each) =>
        each.repartitionSourceTopics.map(({ name }) => name).filter((name) => !this.counts.has(name)),
      ),
    )
    while (open.size > 0) {
      const before = open.size
      for (const name of open) {
        const count = this.fromCopartitions(name) ?? this.fromWriters(name, open)
        if (count === undefined) continue
        this.counts.set(name, count)
        open.delete(name)
      }
      if (open.size === before) {
        return `Failed to compute number of partitions for all repartition topics: ${[...open].join(', ')}`
      }
    }
    return undefined
  }

  checkCopartitioning(): string | undefined {
    for (const subtopology of this.subtopologies) {
      for (const names of copartitioned(subtopology)) {
        const sizes = new Set(names.map((name) => this.counts.get(name)))
        if (sizes.size > 1)
          return `Following topics do not have the same number of partitions: [${names.join(', ')}]`
      }
    }
    return undefined
  }

  private fromCopartitions(topic: string): number | undefined {
    for (const subtopology of this.subtopologies) {
      for (const names of copartitioned(subtopology)) {
        if (!names.includes(topic)) continue
        const known = names.flatMap((name) => this.counts.get(name) ?? [])
        if (known.length > 0) return Math.max(...known)
      }
    }
    return undefined
  }

  private fromWriters(topic: string, open: ReadonlySet<string>): number | undefined {
    const writers = this.subtopologies.filter((each) => each.repartitionSinkTopics.includes(topic))
    const isKnown = writers.every((each) => each.repartitionSourceTopics.every(({ name }) => !open.has(name)))
    if (writers.length === 0 || !isKnown) return undefined
    return Math.max(...writers.map((each) => this.tasksOf(each)))
  }
}

function copartitioned({
  sourceTopics,
  repartitionSourceTopics,
  copartitionGroups,
}: Subtopology): string[][] {
  return copartitionGroups.map((group) => [
    ...group.sourceTopics.flatMap((index) => sourceTopics[index] ?? []),
    ...group.repartitionSourceTopics.flatMap((index) => repartitionSourceTopics[index]?.name ?? []),
  ])
}

function internalTopics(
  subtopologies: readonly Subtopology[],
  counts: PartitionCounts,
  taskCounts: ReadonlyMap<string, number>,
  topics: TopicsView,
): { topicsToCreate: InternalTopic[]; mismatch: string | undefined } {
  const wanted = new Map<string, InternalTopic>()
  for (const subtopology of subtopologies) {
    for (const info of subtopology.repartitionSourceTopics)
      wanted.set(info.name, creatable(info, counts.of(info.name)))
    // A source topic may serve as a changelog: it exists, and is not ours to judge.
    for (const info of subtopology.stateChangelogTopics) {
      if (subtopology.sourceTopics.includes(info.name)) continue
      wanted.set(info.name, creatable(info, taskCounts.get(subtopology.subtopologyId)))
    }
  }
  const topicsToCreate: InternalTopic[] = []
  for (const topic of wanted.values()) {
    const existing = topics.byName(topic.name)?.partitionCount
    if (existing === undefined) topicsToCreate.push(topic)
    else if (existing !== topic.numPartitions) {
      const mismatch = `Existing topic ${topic.name} has different number of partitions: ${existing}, expected: ${topic.numPartitions}`
      return { topicsToCreate: [], mismatch }
    }
  }
  return { topicsToCreate: topicsToCreate.sort((a, b) => (a.name < b.name ? -1 : 1)), mismatch: undefined }
}

function creatable({ name, replicationFactor, topicConfigs }: TopicInfo, partitions = 0): InternalTopic {
  return {
    name,
    numPartitions: partitions,
    replicationFactor: replicationFactor > 0 ? replicationFactor : -1,
    assignments: [],
    configs: topicConfigs.map(({ key, value }) => ({ name: key, value })),
  }
}
