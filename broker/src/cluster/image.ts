/**
 * The cluster's metadata as the fold of its log. Kept in place in Maps, so that one change of a cluster with tens of
 * thousands of partitions costs what the change costs. Every entry is checked on the way in: if one breaks an
 * invariant the image is unusable and its owner must stop.
 */
import { assert, present } from './assert.ts'
import { BrokerLoads } from './broker-loads.ts'
import { ChangeLog } from './image-change.ts'
import type {
  BrokerRegistration,
  ClusterView,
  ConfigOverrides,
  ImageChange,
  PartitionImage,
  TopicImage,
} from './image-types.ts'
import { changedPartition, checkPartition } from './partition-image.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import type { ConfigResourceType, MetadataRecord, RecordOf } from './records.ts'
import { ConfigResourceType as ResourceType } from './records.ts'
import { ScramCredentials } from './scram-credentials.ts'
import { normalizedTopicName } from './topic-names.ts'

interface MutableTopic extends TopicImage {
  readonly partitions: PartitionImage[]
}

const NO_OVERRIDES: ConfigOverrides = new Map()

export class ClusterImage implements ClusterView {
  readonly brokers = new Map<number, BrokerRegistration>()
  readonly topics = new Map<string, MutableTopic>()
  readonly topicsById = new Map<string, MutableTopic>()
  readonly features = new Map<string, number>()
  readonly clientQuotas = new ClientQuotas()
  readonly scramCredentials = new ScramCredentials()
  readonly #configs = new Map<ConfigResourceType, Map<string, Map<string, string>>>()
  readonly #normalizedNames = new Map<string, string[]>()
  readonly #loads = new BrokerLoads()
  #offset = -1
  #producerIds: RecordOf<'ProducerIds'> | undefined
  #partitionCount = 0

  /** Makes of this image, which must be empty, the one that a snapshot's records describe as of log index `offset`. */
  loadSnapshot(records: Iterable<MetadataRecord>, offset: number): ImageChange {
    assert(this.#offset === -1, `A snapshot cannot replace an image that is at entry ${this.#offset}`)
    const change = new ChangeLog()
    for (const record of records) this.#applyRecord(record, change)
    this.#offset = offset
    return change.result()
  }

  get offset(): number {
    return this.#offset
  }

  get nextProducerId(): number {
    return this.#producerIds?.nextProducerId ?? 0
  }

  get partitionCount(): number {
    return this.#partitionCount
  }

  configuredNames(type: ConfigResourceType): readonly string[] {
    return [...(this.#configs.get(type)?.keys() ?? [])]
  }

  configs(type: ConfigResourceType, name: string): ConfigOverrides {
    return this.#configs.get(type)?.get(name) ?? NO_OVERRIDES
  }

  load(brokerId: number) {
    return this.#loads.of(brokerId)
  }

  collidingTopics(name: string): readonly string[] {
    return this.#normalizedNames.get(normalizedTopicName(name)) ?? []
  }

  /** Applies the records of the log entry at `index`, which must be the next one. */
  apply(index: number, records: readonly MetadataRecord[]): ImageChange {
    assert(index === this.#offset + 1, `Entry ${index} cannot follow entry ${this.#offset}`)
    const change = new ChangeLog()
    for (const record of records) this.#applyRecord(record, change)
    this.#offset = index
    return change.result()
  }

  /** Records that make the same image from nothing, without its offset. */
  *toRecords(): Generator<MetadataRecord> {
    for (const [name, featureLevel] of this.features) yield { type: 'FeatureLevel', name, featureLevel }
    for (const broker of this.brokers.values()) yield { type: 'RegisterBroker', ...broker }
    for (const topic of this.topics.values()) {
      yield { type: 'Topic', name: topic.name, topicId: topic.topicId }
      for (const partition of topic.partitions) {
        yield { type: 'Partition', topicId: topic.topicId, ...partition }
      }
    }
    for (const [resourceType, resources] of this.#configs) {
      for (const [resourceName, overrides] of resources) {
        for (const [name, value] of overrides) {
          yield { type: 'Config', resourceType, resourceName, name, value }
        }
      }
    }
    yield* this.clientQuotas.toRecords()
    yield* this.scramCredentials.toRecords()
    if (this.#producerIds !== undefined) yield this.#producerIds
  }

  #applyRecord(record: MetadataRecord, change: ChangeLog): void {
    switch (record.type) {
      case 'RegisterBroker':
        this.#registerBroker(record, change)
        break
      case 'UnregisterBroker':
        this.#unregisterBroker(record, change)
        break
      case 'BrokerRegistrationChange':
        this.#changeBroker(record, change)
        break
      case 'Topic':
        this.#createTopic(record, change)
        break
      case 'Partition':
        this.#createPartition(record, change)
        break
      case 'PartitionChange':
        this.#changePartition(record, change)
        break
      case 'RemoveTopic':
        this.#removeTopic(record, change)
        break
      case 'Config':
        this.#setConfig(record, change)
        break
      case 'ProducerIds':
        this.#allocateProducerIds(record)
        break
      case 'UserScramCredential':
        this.scramCredentials.put(record)
        break
      case 'RemoveUserScramCredential':
        this.scramCredentials.remove(record)
        break
      case 'ClientQuota':
        this.clientQuotas.apply(record)
        change.clientQuotas()
        break
      case 'FeatureLevel':
        this.#setFeature(record, change)
        break
    }
  }

  #registerBroker(record: RecordOf<'RegisterBroker'>, change: ChangeLog): void {
    const { type: _, ...broker } = record
    const known = this.brokers.get(broker.brokerId)
    assert(
      known === undefined || broker.brokerEpoch >= known.brokerEpoch,
      `Epoch of broker ${broker.brokerId} went back`,
    )
    this.brokers.set(broker.brokerId, broker)
    change.broker(broker.brokerId)
  }

  #unregisterBroker(record: RecordOf<'UnregisterBroker'>, change: ChangeLog): void {
    this.#broker(record)
    this.brokers.delete(record.brokerId)
    change.broker(record.brokerId)
  }

  #changeBroker(record: RecordOf<'BrokerRegistrationChange'>, change: ChangeLog): void {
    const broker = this.#broker(record)
    this.brokers.set(record.brokerId, {
      ...broker,
      fenced: record.fenced ?? broker.fenced,
      inControlledShutdown: record.inControlledShutdown ?? broker.inControlledShutdown,
      // Once a broker works it has new records, which its last registration did not have.
      previousBrokerEpoch: record.fenced === false ? -1 : broker.previousBrokerEpoch,
    })
    change.broker(record.brokerId)
  }

  #broker(record: { brokerId: number; brokerEpoch: number }): BrokerRegistration {
    const broker = present(this.brokers.get(record.brokerId), `Broker ${record.brokerId} is not registered`)
    assert(
      broker.brokerEpoch === record.brokerEpoch,
      `Record is for another epoch of broker ${record.brokerId}`,
    )
    return broker
  }

  #createTopic({ name, topicId }: RecordOf<'Topic'>, change: ChangeLog): void {
    assert(!this.topics.has(name), `Topic ${name} exists`)
    assert(!this.topicsById.has(topicId), `Topic id ${topicId} exists`)
    const topic: MutableTopic = { name, topicId, partitions: [] }
    this.topics.set(name, topic)
    this.topicsById.set(topicId, topic)
    const normalized = normalizedTopicName(name)
    this.#normalizedNames.set(normalized, [...(this.#normalizedNames.get(normalized) ?? []), name])
    change.topicCreated(topic)
  }

  #createPartition(record: RecordOf<'Partition'>, change: ChangeLog): void {
    const { type: _, topicId, ...partition } = record
    const topic = this.#topic(topicId)
    const { partitionId } = partition
    assert(partitionId === topic.partitions.length, `Partition ${topic.name}-${partitionId} is out of order`)
    checkPartition(topic.name, partition)
    topic.partitions.push(partition)
    this.#partitionCount++
    this.#loads.add(partition)
    change.partition(topic, partitionId)
  }

  #changePartition(record: RecordOf<'PartitionChange'>, change: ChangeLog): void {
    const topic = this.#topic(record.topicId)
    const name = `${topic.name}-${record.partitionId}`
    const before = present(topic.partitions[record.partitionId], `Partition ${name} does not exist`)
    const after = changedPartition(before, record)
    checkPartition(topic.name, after)
    topic.partitions[record.partitionId] = after
    if (before.replicas !== after.replicas) {
      this.#loads.remove(before)
      this.#loads.add(after)
    }
    change.partition(topic, record.partitionId)
  }

  #removeTopic({ topicId }: RecordOf<'RemoveTopic'>, change: ChangeLog): void {
    const topic = this.#topic(topicId)
    this.topics.delete(topic.name)
    this.topicsById.delete(topicId)
    const normalized = normalizedTopicName(topic.name)
    const others = this.collidingTopics(topic.name).filter((name) => name !== topic.name)
    if (others.length === 0) this.#normalizedNames.delete(normalized)
    else this.#normalizedNames.set(normalized, others)
    this.#configs.get(ResourceType.TOPIC)?.delete(topic.name)
    for (const partition of topic.partitions) this.#loads.remove(partition)
    this.#partitionCount -= topic.partitions.length
    change.topicDeleted(topic)
  }

  #topic(topicId: string): MutableTopic {
    return present(this.topicsById.get(topicId), `Topic id ${topicId} does not exist`)
  }

  #setConfig({ resourceType, resourceName, name, value }: RecordOf<'Config'>, change: ChangeLog): void {
    const isTopic = resourceType === ResourceType.TOPIC
    assert(!isTopic || this.topics.has(resourceName), `Config of topic ${resourceName}, which does not exist`)
    const resources = this.#configs.get(resourceType) ?? new Map<string, Map<string, string>>()
    this.#configs.set(resourceType, resources)
    const overrides = resources.get(resourceName) ?? new Map<string, string>()
    resources.set(resourceName, overrides)
    if (value === null) overrides.delete(name)
    else overrides.set(name, value)
    if (overrides.size === 0) resources.delete(resourceName)
    change.config(resourceType, resourceName)
  }

  #allocateProducerIds(record: RecordOf<'ProducerIds'>): void {
    assert(record.nextProducerId >= this.nextProducerId, 'Producer ids went back')
    this.#producerIds = record
  }

  #setFeature({ name, featureLevel }: RecordOf<'FeatureLevel'>, change: ChangeLog): void {
    this.features.set(name, featureLevel)
    change.feature(name)
  }
}
