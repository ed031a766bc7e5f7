import type { SharePartitionLimits } from '../../coordinators/share/index.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { SharePartitionHost } from './share-partition-host.ts'
import type { ShareStateClient } from './share-state-client.ts'

export interface SharePartitionsParts {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly state: ShareStateClient
  readonly limits: (groupId: string) => SharePartitionLimits
  readonly resetOffset: (groupId: string, partition: Partition) => Promise<number>
}

interface Hosted {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly loading: Promise<SharePartitionHost>
  host: SharePartitionHost | undefined
}

/** The share-partitions of the partitions that this broker leads. */
export class SharePartitions {
  readonly #parts: SharePartitionsParts
  /** By partition, then by group. */
  readonly #hosted = new Map<Partition, Map<string, Hosted>>()

  constructor(parts: SharePartitionsParts) {
    this.#parts = parts
  }

  /** The share-partition, once its state is read. Rejects with KafkaError. */
  get(groupId: string, partition: Partition): Promise<SharePartitionHost> {
    const groups = this.#hosted.get(partition) ?? new Map<string, Hosted>()
    this.#hosted.set(partition, groups)
    const known = groups.get(groupId)
    if (known !== undefined && known.leaderEpoch === partition.leaderEpoch) return known.loading
    known?.host?.close()
    const hosted: Hosted = {
      partition,
      leaderEpoch: partition.leaderEpoch,
      host: undefined,
      loading: this.#load(groupId, partition).then((host) => {
        if (this.#hosted.get(partition)?.get(groupId) !== hosted) {
          host.close()
          throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        }
        hosted.host = host
        return host
      }),
    }
    // Whoever waits is told; the next request tries again.
    hosted.loading.catch(() => this.#forget(groupId, hosted))
    groups.set(groupId, hosted)
    return hosted.loading
  }

  /** The share-partition if it is loaded. */
  find(groupId: string, partition: Partition): SharePartitionHost | undefined {
    const hosted = this.#hosted.get(partition)?.get(groupId)
    return hosted?.leaderEpoch === partition.leaderEpoch ? hosted.host : undefined
  }

  /** Everything that a member has locked on this broker is for others. */
  release(groupId: string, memberId: string): void {
    for (const groups of this.#hosted.values()) groups.get(groupId)?.host?.release(memberId)
  }

  /** The role of this broker for a partition may have changed. */
  partitionChanged(partition: Partition): void {
    for (const [groupId, hosted] of this.#hosted.get(partition) ?? [])
      if (!partition.leads || hosted.leaderEpoch !== partition.leaderEpoch) this.#forget(groupId, hosted)
  }

  /**
   * Nobody of the group uses this broker any more: once all is kept it is forgotten, so that whoever comes back reads
   * what an administrator may have changed meanwhile.
   */
  retire(groupId: string, isUnused: () => boolean): void {
    for (const groups of this.#hosted.values()) {
      const hosted = groups.get(groupId)
      if (hosted === undefined) continue
      const forget = () => {
        if (isUnused()) this.#forget(groupId, hosted)
      }
      hosted.loading.then((host) => host.kept()).then(forget, forget)
    }
  }

  close(): void {
    for (const groups of [...this.#hosted.values()])
      for (const [groupId, hosted] of [...groups]) this.#forget(groupId, hosted)
  }

  #load(groupId: string, partition: Partition): Promise<SharePartitionHost> {
    const { state, runtime, limits, logger, resetOffset } = this.#parts
    return SharePartitionHost.load({
      key: { groupId, topicId: partition.topicId, partition: partition.index },
      partition,
      state,
      runtime,
      limits: () => limits(groupId),
      resetOffset: () => resetOffset(groupId, partition),
      onLost: (error) => this.#lost(groupId, partition, error),
      onLate: (error) =>
        logger.warn('the state of a share-partition is not kept yet', {
          groupId,
          partition: partition.name,
          error,
        }),
    })
  }

  #lost(groupId: string, partition: Partition, error: unknown): void {
    this.#parts.logger.warn('the state of a share-partition was not kept', {
      groupId,
      partition: partition.name,
      error,
    })
    const hosted = this.#hosted.get(partition)?.get(groupId)
    if (hosted !== undefined) this.#forget(groupId, hosted)
  }

  #forget(groupId: string, hosted: Hosted): void {
    const groups = this.#hosted.get(hosted.partition)
    if (groups?.get(groupId) !== hosted) return
    groups.delete(groupId)
    if (groups.size === 0) this.#hosted.delete(hosted.partition)
    hosted.host?.close()
  }
}
