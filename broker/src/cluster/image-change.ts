/** Collects what the records of one log entry changed. */
import type { ImageChange, TopicImage } from './image-types.ts'
import type { ConfigResourceType } from './records.ts'

export class ChangeLog {
  readonly #topicsCreated = new Set<TopicImage>()
  readonly #topicsDeleted = new Set<TopicImage>()
  readonly #partitions = new Map<TopicImage, Set<number>>()
  readonly #configs = new Map<ConfigResourceType, Set<string>>()
  readonly #brokers = new Set<number>()
  readonly #features = new Set<string>()
  #clientQuotas = false

  broker(brokerId: number): void {
    this.#brokers.add(brokerId)
  }

  topicCreated(topic: TopicImage): void {
    this.#topicsCreated.add(topic)
  }

  topicDeleted(topic: TopicImage): void {
    this.#partitions.delete(topic)
    // A topic that came and went within one entry concerns nobody.
    if (!this.#topicsCreated.delete(topic)) this.#topicsDeleted.add(topic)
  }

  partition(topic: TopicImage, partitionId: number): void {
    const changed = this.#partitions.get(topic)
    if (changed === undefined) this.#partitions.set(topic, new Set([partitionId]))
    else changed.add(partitionId)
  }

  config(type: ConfigResourceType, name: string): void {
    const changed = this.#configs.get(type)
    if (changed === undefined) this.#configs.set(type, new Set([name]))
    else changed.add(name)
  }

  feature(name: string): void {
    this.#features.add(name)
  }

  clientQuotas(): void {
    this.#clientQuotas = true
  }

  result(): ImageChange {
    return {
      topicsCreated: [...this.#topicsCreated],
      topicsDeleted: [...this.#topicsDeleted],
      partitionsChanged: [...this.#partitions].flatMap(([topic, ids]) =>
        [...ids].map((partitionId) => ({ topic, partitionId })),
      ),
      configsChanged: [...this.#configs].flatMap(([type, names]) =>
        [...names].map((name) => ({ type, name })),
      ),
      brokersChanged: [...this.#brokers],
      featuresChanged: [...this.#features],
      clientQuotasChanged: this.#clientQuotas,
    }
  }
}
