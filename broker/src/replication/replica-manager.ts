import type { ClusterView, ImageChange, PartitionRef, TopicImage } from '../cluster/index.ts'
import type { LogConfig, LogManager } from '../storage/index.ts'
import type { Logger } from '../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import type { GroupCommit } from './group-commit.ts'
import { Partition } from './partition.ts'

export interface ReplicaManagerParts {
  readonly brokerId: number
  readonly logs: LogManager
  readonly commits: GroupCommit
  readonly cluster: ClusterView
  readonly logger: Logger
  readonly now: () => number
  /** The settings of a topic's logs: its overrides over this broker's defaults. */
  readonly logConfig: (topic: string) => LogConfig
  readonly minInSyncReplicas: (topic: string) => number
  /** Called after each change of a partition's role here. */
  readonly onRole: (partition: Partition) => void
  readonly onRemoved: (topic: string, index: number) => void
}

/** The partitions that this broker has a replica of, kept in step with the cluster's metadata. */
export class ReplicaManager {
  readonly #parts: ReplicaManagerParts
  readonly #topics = new Map<string, Map<number, Partition>>()
  #started = false

  constructor(parts: ReplicaManagerParts) {
    this.#parts = parts
  }

  /**
   * Takes up every partition of the image; called once, when the log has been read to its end. What was before is
   * history: a topic that was deleted and created anew must not cost the new one its records.
   */
  start(): void {
    this.#started = true
    for (const topic of this.#parts.cluster.topics.values()) {
      for (const partition of topic.partitions) this.#assume({ topic, partitionId: partition.partitionId })
    }
    this.#reportStray()
  }

  /** Does nothing before `start`. */
  apply(change: ImageChange): void {
    if (!this.#started) return
    for (const topic of change.topicsDeleted) this.#remove(topic)
    for (const ref of change.partitionsChanged) this.#assume(ref)
    for (const resource of change.configsChanged) this.#reconfigure(resource.name)
  }

  /** The replica here, whatever its role. */
  find(topic: string, index: number): Partition | undefined {
    return this.#topics.get(topic)?.get(index)
  }

  /** The partition if it may be served here; else the error code of why not. `leaderEpoch` -1 if the request has none. */
  leader(topic: string, index: number, leaderEpoch: number): Partition | number {
    const partition = this.find(topic, index)
    if (partition !== undefined) return partition.refusal(leaderEpoch) ?? partition
    const image = this.#parts.cluster.topics.get(topic)
    if (image?.partitions[index] === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const isMine = image.partitions[index].replicas.includes(this.#parts.brokerId)
    return isMine ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER
  }

  /** Throws KafkaError NOT_ENOUGH_REPLICAS if a write with acks=all could not be kept by enough replicas. */
  checkInSync(partition: Partition): void {
    const image = this.#parts.cluster.topics.get(partition.topic)?.partitions[partition.index]
    const { isr = [], replicas = [] } = image ?? {}
    // More replicas than there are cannot be asked for (KIP-966).
    const wanted = Math.min(this.#parts.minInSyncReplicas(partition.topic), replicas.length)
    if (isr.length >= wanted) return
    throw new KafkaError(
      ErrorCode.NOT_ENOUGH_REPLICAS,
      `The size of the current ISR [${isr.join(', ')}] is insufficient to satisfy the min.isr requirement of ${wanted} for partition ${partition.name}`,
    )
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }

  #assume(ref: PartitionRef): void {
    const { topic, partitionId } = ref
    const image = this.#parts.cluster.topicsById.get(topic.topicId)?.partitions[partitionId]
    if (image === undefined || !image.replicas.includes(this.#parts.brokerId)) return
    const partition = this.find(topic.name, partitionId) ?? this.#open(topic, partitionId)
    if (partition === undefined) return
    partition.assign(image.leader, image.leaderEpoch, this.#parts.brokerId)
    this.#parts.onRole(partition)
  }

  /** Undefined if the disk refuses: the partition is offline, every other one serves. */
  #open(topic: TopicImage, partitionId: number): Partition | undefined {
    const { logs, logger, commits } = this.#parts
    try {
      const existing = logs.get(topic.name, partitionId)
      if (existing !== undefined && existing.topicId !== topic.topicId) {
        logs.delete(topic.name, partitionId, this.#parts.now())
      }
      const config = this.#parts.logConfig(topic.name)
      const log =
        logs.get(topic.name, partitionId) ?? logs.create(topic.name, partitionId, topic.topicId, config)
      log.updateConfig(config)
      const partition = new Partition(log, topic.topicId, commits)
      const partitions = this.#topics.get(topic.name)
      if (partitions === undefined) this.#topics.set(topic.name, new Map([[partitionId, partition]]))
      else partitions.set(partitionId, partition)
      return partition
    } catch (error) {
      logger.error('a partition cannot be opened and is offline', {
        partition: `${topic.name}-${partitionId}`,
        error,
      })
      return undefined
    }
  }

  #remove(topic: TopicImage): void {
    const partitions = this.#topics.get(topic.name)
    if (partitions === undefined) return
    for (const partition of partitions.values()) {
      if (partition.topicId !== topic.topicId) continue
      partitions.delete(partition.index)
      partition.interruptWatchers()
      this.#parts.onRemoved(topic.name, partition.index)
      this.#delete(partition)
    }
    if (partitions.size === 0) this.#topics.delete(topic.name)
  }

  /** A disk that refuses keeps the folder, but not the rest of the metadata from taking effect. */
  #delete(partition: Partition): void {
    const { logs, logger, now } = this.#parts
    try {
      logs.delete(partition.topic, partition.index, now())
    } catch (error) {
      logger.error('the folder of a deleted partition stays', { partition: partition.name, error })
    }
  }

  #reconfigure(resourceName: string): void {
    const isBroker = resourceName === '' || resourceName === String(this.#parts.brokerId)
    const topics = isBroker ? [...this.#topics.keys()] : [resourceName]
    for (const topic of topics) {
      const partitions = this.#topics.get(topic)
      if (partitions === undefined) continue
      const config = this.#parts.logConfig(topic)
      for (const partition of partitions.values()) partition.log.updateConfig(config)
    }
  }

  /** Logs whose topic the metadata does not know stay where they are: a lost metadata log must not cost records too. */
  #reportStray(): void {
    for (const log of this.#parts.logs.all()) {
      if (this.find(log.topic, log.partition) !== undefined) continue
      this.#parts.logger.warn('a log of an unknown topic is left alone', {
        partition: `${log.topic}-${log.partition}`,
      })
    }
  }
}
