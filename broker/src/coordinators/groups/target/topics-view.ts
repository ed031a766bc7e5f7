/** What groups need to know of the topics of the cluster. */
import { checksum } from './checksum.ts'

export interface TopicFacts {
  readonly name: string
  readonly topicId: string
  readonly partitionCount: number
}

/** The newest that the broker knows; `topicsChanged` of the shard tells of changes. */
export interface TopicsView {
  byName(name: string): TopicFacts | undefined
  byId(topicId: string): TopicFacts | undefined
  names(): Iterable<string>
  /** Another one whenever topics may have changed. */
  readonly version: number
}

/** Changes when a topic of these appears, disappears, comes anew under its name, or gets partitions (KIP-1101). */
export function metadataHash(topics: TopicsView, names: Iterable<string>): number {
  const facts: string[] = []
  for (const name of names) {
    const topic = topics.byName(name)
    if (topic) facts.push(`${name}/${topic.topicId}/${topic.partitionCount}`)
  }
  return facts.length === 0 ? 0 : checksum(facts.sort().join('\n'))
}
