/** Topics that a test makes and changes as it goes. */
import { checksum } from './target/checksum.ts'
import type { TopicFacts, TopicsView } from './target/topics-view.ts'

export class TestTopics implements TopicsView {
  version = 0
  private readonly topics = new Map<string, TopicFacts>()
  private readonly topicsById = new Map<string, TopicFacts>()

  /** Given by name, with their partition counts. */
  constructor(topics: Readonly<Record<string, number>> = {}) {
    for (const [name, partitionCount] of Object.entries(topics)) this.set(name, partitionCount)
  }

  /** A topic that is deleted and made again has another id. */
  set(name: string, partitionCount: number, topicId = topicIdOf(name)): void {
    this.delete(name)
    const topic = { name, topicId, partitionCount }
    this.topics.set(name, topic)
    this.topicsById.set(topicId, topic)
    this.version++
  }

  delete(name: string): void {
    this.topicsById.delete(this.topics.get(name)?.topicId ?? '')
    this.topics.delete(name)
    this.version++
  }

  byName(name: string): TopicFacts | undefined {
    return this.topics.get(name)
  }

  byId(topicId: string): TopicFacts | undefined {
    return this.topicsById.get(topicId)
  }

  names(): Iterable<string> {
    return this.topics.keys()
  }
}

/** A Kafka UUID of its own for every name. */
export function topicIdOf(name: string): string {
  const bytes = Buffer.alloc(16)
  bytes.writeDoubleBE(checksum(name), 0)
  bytes.writeDoubleBE(checksum(`${name}'s`), 8)
  return bytes.toString('base64url')
}
