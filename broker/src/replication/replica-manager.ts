import {
  type ClusterView,
  ConfigResourceType,
  type ImageChange,
  isActive,
  NO_LEADER,
  type PartitionRef,
  type TopicImage,
} from '../cluster/index.ts'
import type { Runtime, Timer } from '../runtime/types.ts'
import type { RateWindows } from '../security/quotas/sampled-rate.ts'
import type { LogManager, Sliced } from '../storage/index.ts'
import type { Logger } from '../telemetry/logger.ts'
import { ErrorCode } from '../wire/index.ts'
import { CopyPace } from './follower/copy-pace.ts'
import type { FetcherSettings } from './follower/fetcher-parts.ts'
import { Fetchers } from './follower/fetchers.ts'
import type { LeaderConnection } from './follower/leader-connection.ts'
import { brokerEpochs } from './leader/broker-epochs.ts'
import type { GroupCommit } from './partition/group-commit.ts'
import { Partition } from './partition/partition.ts'
import type { PartitionSurroundings } from './partition/partition-surroundings.ts'
import { RoleQueue } from './partition/role-queue.ts'
import { type TopicSettings, TopicSettingsCache, throttledOn } from './partition/topic-settings.ts'
import { ReplicationQuota, type ReplicationQuotas } from './replication-quota.ts'
import { IsrSender, type IsrSenderParts } from './reports/isr-sender.ts'
import { OfflineReplicas, type Reopened } from './reports/offline-replicas.ts'
import type { AssignDirectoriesBody, OfflineReplica } from './reports/offline-reporter.ts'
import { reportStrayLogs } from './reports/stray-logs.ts'

export interface ReplicaManagerParts extends Pick<IsrSenderParts, 'alterPartition' | 'onIsrChanged'> {
  readonly brokerId: number
  /** Of this broker's registration; -1 before the first. */
  readonly brokerEpoch: () => number
  /** New for each start of the process: tells our own registration from that of the process before. */
  readonly incarnationId: string
  readonly logs: LogManager
  readonly commits: GroupCommit
  readonly cluster: ClusterView
  readonly runtime: Runtime
  readonly logger: Logger
  readonly topicSettings: (topic: string) => TopicSettings
  /** `replica.lag.time.max.ms` */
  readonly lagMsMax: number
  readonly fetcherSettings: FetcherSettings
  /** `replication.quota.window.num` and `replication.quota.window.size.seconds` */
  readonly quotaWindows: RateWindows
  /** As they are set now; Infinity where they are not. */
  readonly throttledRates: () => { readonly leader: number; readonly follower: number }
  /** Undefined while the leader's address is not known. */
  readonly connectToLeader: (brokerId: number) => LeaderConnection | undefined
  readonly assignDirectories: (body: AssignDirectoriesBody) => Promise<{ readonly errorCode: number }>
  /** Bytes taken over from leaders. */
  readonly onFollowed: (sizeBytes: number) => void
  /** Somebody knows of newer metadata. */
  readonly onStaleMetadata: () => void
  /** Called after each change of a partition's role here. */
  readonly onRole: (partition: Partition) => void
  readonly onRemoved: (partition: Partition) => void
}

/** The partitions that this broker has a replica of, kept in step with the cluster's metadata. */
export class ReplicaManager {
  readonly #parts: ReplicaManagerParts
  readonly #topics = new Map<string, Map<number, Partition>>()
  readonly #surroundings: PartitionSurroundings
  readonly #fetchers: Fetchers
  readonly #isrSender: IsrSender
  readonly #offline: OfflineReplicas
  readonly #roles: RoleQueue
  readonly #settings: TopicSettingsCache
  readonly quotas: ReplicationQuotas
  #started = false
  #hasRoles = false
  #shrinkTimer: Timer | undefined

  constructor(parts: ReplicaManagerParts) {
    this.#parts = parts
    const { brokerId, brokerEpoch, runtime, logger, fetcherSettings: settings } = parts
    const { timers, clock } = runtime
    const monotonicMs = () => clock.monotonic()
    const { alterPartition, onIsrChanged } = parts
    this.#isrSender = new IsrSender({ timers, logger, alterPartition, onIsrChanged })
    this.#offline = new OfflineReplicas({
      timers,
      monotonicMs,
      logger,
      directoryId: parts.logs.directoryId,
      assignDirectories: parts.assignDirectories,
      hasRoom: () => parts.logs.hasRoom,
      reopen: (replica) => this.#reopen(replica),
    })
    this.#roles = new RoleQueue({ timers, monotonicMs, assume: (ref) => this.#assume(ref) })
    this.#settings = new TopicSettingsCache(parts.topicSettings)
    this.quotas = {
      leader: new ReplicationQuota(parts.quotaWindows, monotonicMs),
      follower: new ReplicationQuota(parts.quotaWindows, monotonicMs),
    }
    this.#fetchers = new Fetchers({
      brokerId,
      brokerEpoch,
      connect: parts.connectToLeader,
      settings,
      quota: this.quotas.follower,
      pace: new CopyPace(monotonicMs),
      timers,
      monotonicMs,
      wallMs: () => clock.now(),
      logger,
      onStale: parts.onStaleMetadata,
    })
    this.#surroundings = {
      brokerId,
      commits: parts.commits,
      brokers: brokerEpochs(parts.cluster, brokerId, brokerEpoch),
      lagMsMax: parts.lagMsMax,
      monotonicMs,
      onFollowed: parts.onFollowed,
      onProposal: (partition, proposal) => this.#isrSender.submit(partition, proposal),
    }
  }

  /**
   * Takes up every partition of the image; called once, when the log has been read to its end. What was before is
   * history: a topic that was deleted and created anew must not cost the new one its records.
   */
  start(): void {
    this.#started = true
    reportStrayLogs(this.#parts)
    this.#parts.logs.watchOffline(({ topic, topicId, partition }) => {
      this.#offline.add({ topicId, index: partition })
      this.find(topic, partition)?.interruptWatchers()
    })
    this.#setThrottles()
    this.#assumeAll()
    this.#shrinkLater()
  }

  /** Ends following and proposing; what is here can still be served. */
  stop(): void {
    this.#shrinkTimer?.cancel()
    this.#fetchers.stop()
    this.#isrSender.stop()
    this.#offline.stop()
    this.#roles.stop()
  }

  /** Does nothing before `start`. */
  apply(change: ImageChange): void {
    if (!this.#started) return
    if (change.configsChanged.length > 0 || change.topicsDeleted.length > 0) this.#settings.forget()
    for (const topic of change.topicsDeleted) this.#remove(topic)
    if (!this.#hasRoles && this.#isRegistered) this.#assumeAll()
    else this.#roles.add(change.partitionsChanged)
    for (const { type, name } of change.configsChanged) {
      if (type === ConfigResourceType.TOPIC || type === ConfigResourceType.BROKER) this.#reconfigure(name)
    }
    if (change.configsChanged.length > 0) this.#setThrottles()
    if (change.brokersChanged.length > 0) this.#brokersChanged(change.brokersChanged)
  }

  /**
   * What the metadata said of the process before us does not hold for us: it may have lost records with a power loss.
   * With our registration the controller has taken note of that, and only then we lead and follow.
   */
  get #isRegistered(): boolean {
    const { cluster, brokerId, incarnationId } = this.#parts
    return cluster.brokers.get(brokerId)?.incarnationId === incarnationId
  }

  /** The replica here, whatever its role. */
  find(topic: string, index: number): Partition | undefined {
    return this.#topics.get(topic)?.get(index)
  }

  /** The partition if it may be served here; else the error code of why not. `leaderEpoch` -1 if the request has none. */
  leader(topic: string, index: number, leaderEpoch: number): Partition | number {
    const partition = this.find(topic, index)
    if (partition !== undefined) return partition.refusal(leaderEpoch) ?? partition
    return this.#absence(topic, index)
  }

  /** As `leader`, for consumers that may also read from a follower (KIP-392). */
  readable(topic: string, index: number, leaderEpoch: number): Partition | number {
    const partition = this.find(topic, index)
    if (partition !== undefined) return partition.readRefusal(leaderEpoch) ?? partition
    return this.#absence(topic, index)
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }

  #absence(topic: string, index: number): number {
    const image = this.#parts.cluster.topics.get(topic)
    if (image?.partitions[index] === undefined || this.#roles.has(image.topicId, index))
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const isMine = image.partitions[index].replicas.includes(this.#parts.brokerId)
    return isMine ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER
  }

  #assumeAll(): void {
    this.#hasRoles = this.#isRegistered
    this.#roles.add(everyPartition(this.#parts.cluster))
  }

  #assume(ref: PartitionRef): void {
    const { topic, partitionId } = ref
    const image = this.#parts.cluster.topicsById.get(topic.topicId)?.partitions[partitionId]
    if (image === undefined) return
    if (!image.replicas.includes(this.#parts.brokerId)) {
      this.#removePartition(topic, partitionId)
      return
    }
    const partition = this.find(topic.name, partitionId) ?? this.#open(topic, partitionId)
    if (partition === undefined) return
    // The same news may bring another `min.insync.replicas`: no ISR is ever measured by a former one.
    this.#configure(partition)
    const changed = partition.assign(this.#isRegistered ? image : { ...image, leader: NO_LEADER })
    if (partition.leads) this.#fetchers.unfollow(partition)
    else if (changed && partition.log.failure === undefined) this.#fetchers.follow(partition)
    this.#parts.onRole(partition)
  }

  #brokersChanged(brokerIds: readonly number[]): void {
    for (const brokerId of brokerIds) {
      if (isActive(this.#parts.cluster.brokers.get(brokerId))) this.#fetchers.reconnect(brokerId)
    }
    if (brokerIds.includes(this.#parts.brokerId)) this.#offline.reportAgain()
    for (const partition of this.all()) partition.reconsider()
  }

  #shrinkLater(): void {
    this.#shrinkTimer = this.#parts.runtime.timers.after(this.#parts.lagMsMax / 2, () => {
      for (const partition of this.all()) partition.shrinkIsr()
      this.#shrinkLater()
    })
  }

  /** Undefined if the disk refuses: the partition is offline, every other one serves. */
  #open(topic: TopicImage, partitionId: number): Partition | undefined {
    const { logs, logger } = this.#parts
    const name = `${topic.name}-${partitionId}`
    try {
      const existing = logs.get(topic.name, partitionId)
      if (existing !== undefined && existing.topicId !== topic.topicId) {
        // Deleted and created anew while this broker was down; or the metadata was lost, and these are the records.
        const folder = logs.setAside(topic.name, partitionId)
        logger.warn('a log of another topic id is set aside', { partition: name, folder })
      }
      const { log: config } = this.#settings.of(topic.name)
      const log =
        logs.get(topic.name, partitionId) ?? logs.create(topic.name, partitionId, topic.topicId, config)
      const partition = new Partition(log, topic.topicId, this.#surroundings)
      this.#configure(partition)
      const partitions = this.#topics.get(topic.name)
      if (partitions === undefined) this.#topics.set(topic.name, new Map([[partitionId, partition]]))
      else partitions.set(partitionId, partition)
      return partition
    } catch (error) {
      logger.error('a partition cannot be opened and is offline', { partition: name, error })
      this.#offline.add({ topicId: topic.topicId, index: partitionId })
      return undefined
    }
  }

  #remove(topic: TopicImage): void {
    for (const { partitionId } of topic.partitions) this.#removePartition(topic, partitionId)
  }

  /** The topic was deleted, or the replica was moved to another broker. */
  #removePartition(topic: TopicImage, index: number): void {
    const partition = this.find(topic.name, index)
    if (partition !== undefined && partition.topicId === topic.topicId) this.#letGo(partition)
    this.#offline.forget({ topicId: topic.topicId, index })
    this.#deleteLog(topic, index)
  }

  #letGo(partition: Partition): void {
    const { topic, index } = partition
    const partitions = this.#topics.get(topic)
    partitions?.delete(index)
    if (partitions?.size === 0) this.#topics.delete(topic)
    this.#fetchers.unfollow(partition)
    partition.abandon()
    this.#parts.onRemoved(partition)
  }

  /** The replica begins anew, as a follower: the controller knows that it was offline, and took its leadership away. */
  *#reopen({ topicId, index }: OfflineReplica): Sliced<Reopened> {
    const { cluster, logs, brokerId } = this.#parts
    const topic = cluster.topicsById.get(topicId)
    const image = topic?.partitions[index]
    if (topic === undefined || !image?.replicas.includes(brokerId)) return 'gone'
    if (!image.offlineReplicas.includes(brokerId)) return 'offline'
    // There was no room to create it, and then there was when it was heard of once more.
    const existing = this.find(topic.name, index)
    if (existing !== undefined && existing.log.failure === undefined) return 'online'
    if (!(yield* logs.reopen(topic.name, index, this.#settings.of(topic.name).log))) return 'offline'
    const before = this.find(topic.name, index)
    if (before !== undefined) this.#letGo(before)
    this.#assume({ topic, partitionId: index })
    const after = this.find(topic.name, index)
    return after !== undefined && after.log.failure === undefined ? 'online' : 'offline'
  }

  /** A disk that refuses keeps the folder, but not the rest of the metadata from taking effect. */
  #deleteLog({ name, topicId }: TopicImage, index: number): void {
    const { logs, logger, runtime } = this.#parts
    try {
      if (logs.get(name, index)?.topicId === topicId) logs.delete(name, index, runtime.clock.monotonic())
    } catch (error) {
      logger.error('the folder of a deleted partition stays', { partition: `${name}-${index}`, error })
    }
  }

  #reconfigure(resourceName: string): void {
    const isBroker = resourceName === '' || resourceName === String(this.#parts.brokerId)
    const topics = isBroker ? [...this.#topics.keys()] : [resourceName]
    for (const topic of topics) {
      const partitions = this.#topics.get(topic)
      if (partitions === undefined) continue
      for (const partition of partitions.values()) {
        this.#configure(partition)
        partition.reconsider()
      }
    }
  }

  #configure(partition: Partition): void {
    const settings = this.#settings.of(partition.topic)
    partition.log.updateConfig(settings.log)
    partition.minInSyncReplicas = settings.minInSyncReplicas
    partition.throttled = throttledOn(this.#parts.brokerId, partition.index, settings)
  }

  #setThrottles(): void {
    const { leader, follower } = this.#parts.throttledRates()
    this.quotas.leader.bytesPerSecondMax = leader
    this.quotas.follower.bytesPerSecondMax = follower
  }
}

function* everyPartition({ topics }: ClusterView): Generator<PartitionRef> {
  for (const topic of topics.values()) {
    for (const { partitionId } of topic.partitions) yield { topic, partitionId }
  }
}
