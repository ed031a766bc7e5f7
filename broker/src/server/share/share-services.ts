import {
  type BrokerConfig,
  type ClusterView,
  ConfigResourceType,
  type GroupConfigName,
  type GroupSettings,
  groupSetting,
  SHARE_STATE_TOPIC,
  type TopicImage,
} from '../../cluster/index.ts'
import { type SharePartitionLimits, ShareStateShard } from '../../coordinators/share/index.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import type { ReplicaManager } from '../../replication/replica-manager.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { BrokerLinks } from '../broker-links.ts'
import { ShareCoordinator } from './share-coordinator.ts'
import { SharePartitions } from './share-partitions.ts'
import { ShareSessions } from './share-sessions.ts'
import { ShareStateClient } from './share-state-client.ts'

export interface ShareServicesParts {
  readonly config: BrokerConfig
  readonly cluster: ClusterView
  readonly runtime: Runtime
  readonly logger: Logger
  readonly replicas: ReplicaManager
}

/** Share groups on one broker (KIP-932): its part of the share coordinator, and the share-partitions that it leads. */
export class ShareServices {
  /** What this broker keeps as share coordinator. */
  readonly state: ShareCoordinator
  /** To the brokers that share coordinators and leaders are on. */
  readonly links: BrokerLinks
  /** The share coordinators of all share-partitions. */
  readonly client: ShareStateClient
  readonly partitions: SharePartitions
  readonly sessions: ShareSessions
  readonly #parts: ShareServicesParts

  constructor(parts: ShareServicesParts) {
    const { config, cluster, runtime, logger } = parts
    const { settings } = config
    this.#parts = parts
    this.state = new ShareCoordinator({
      runtime,
      logger,
      topic: SHARE_STATE_TOPIC,
      partitionCount: () => cluster.topics.get(SHARE_STATE_TOPIC)?.partitions.length ?? 0,
      commitTimeoutMs: settings['share.coordinator.write.timeout.ms'],
      newShard: () =>
        new ShareStateShard({
          updatesPerSnapshot: settings['share.coordinator.snapshot.update.records.per.snapshot'],
          pruneIntervalMs: settings['share.coordinator.state.topic.prune.interval.ms'],
          coldSnapshotIntervalMs: settings['share.coordinator.cold.partition.snapshot.interval.ms'],
        }),
      onEffect: ({ deleteBefore }, index) => this.#prune(index, deleteBefore),
    })
    this.links = new BrokerLinks(runtime, cluster, `broker-${config.nodeId}-share`)
    this.client = new ShareStateClient({ cluster, timers: runtime.timers, links: this.links })
    this.partitions = new SharePartitions({
      runtime,
      logger,
      state: this.client,
      limits: (groupId) => this.#limits(groupId),
      resetOffset: (groupId, partition) => this.#resetOffset(groupId, partition),
    })
    this.sessions = new ShareSessions(settings['group.share.max.share.sessions'], (session, isLast) => {
      this.partitions.release(session.groupId, session.memberId)
      if (isLast) this.partitions.retire(session.groupId, () => !this.sessions.hasGroup(session.groupId))
    })
  }

  setting<Name extends GroupConfigName>(groupId: string, name: Name): GroupSettings[Name] {
    const { cluster, config } = this.#parts
    return groupSetting(name, cluster.configs(ConfigResourceType.GROUP, groupId), config.settings)
  }

  /** What was kept of their partitions is of no use any more. */
  topicsDeleted(topics: readonly TopicImage[]): void {
    const topicIds = new Set(topics.map(({ topicId }) => topicId))
    this.state.tellAll((shard) => shard.topicsDeleted(topicIds))
  }

  close(): void {
    this.partitions.close()
    this.state.close()
    this.links.close()
  }

  #prune(index: number, deleteBefore: number): void {
    const partition = this.#parts.replicas.find(SHARE_STATE_TOPIC, index)
    if (!partition?.leads || partition.log.failure !== undefined) return
    partition.log.deleteRecordsBefore(Math.min(deleteBefore, partition.highWatermark))
  }

  #limits(groupId: string): SharePartitionLimits {
    return {
      recordLocksMax: this.setting(groupId, 'share.partition.max.record.locks'),
      deliveryCountMax: this.setting(groupId, 'share.delivery.count.limit'),
      lockDurationMs: this.setting(groupId, 'share.record.lock.duration.ms'),
    }
  }

  async #resetOffset(groupId: string, { log, highWatermark }: Partition): Promise<number> {
    const reset = this.setting(groupId, 'share.auto.offset.reset')
    if (reset.to !== 'duration') return reset.to === 'earliest' ? log.logStartOffset : highWatermark
    const sinceMs = this.#parts.runtime.clock.now() - reset.durationMs
    const found = await log.offsetForTimestamp(sinceMs)
    return Math.min(found?.offset ?? highWatermark, highWatermark)
  }
}
