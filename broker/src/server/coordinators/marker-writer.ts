import { OFFSETS_TOPIC } from '../../cluster/index.ts'
import type { EndMarker } from '../../coordinators/coordinator-shard.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import type { ReplicaManager } from '../../replication/replica-manager.ts'
import type { Runtime, Timer } from '../../runtime/types.ts'
import { ErrorCode, encodeMarker, KafkaError } from '../../wire/index.ts'
import type { GroupCoordinator } from './group-coordinator.ts'

export interface MarkerWriterParts {
  readonly runtime: Runtime
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
}

/** Ends transactions on the partitions that this broker leads, as a coordinator or an administrator asks for it. */
export class MarkerWriter {
  readonly #parts: MarkerWriterParts

  constructor(parts: MarkerWriterParts) {
    this.#parts = parts
  }

  /** Resolves, as with acks=all, with the error code of this partition. */
  async write(topic: string, index: number, marker: EndMarker, timeoutMs: number): Promise<number> {
    const partition = this.#parts.replicas.leader(topic, index, -1)
    if (typeof partition === 'number') return partition
    try {
      partition.log.checkMarker(marker, marker, marker.transactionVersion)
      // Offsets of the transaction are the group coordinator's business.
      if (topic === OFFSETS_TOPIC) await this.#endInGroups(index, marker)
      else await this.#append(partition, marker, timeoutMs)
      return ErrorCode.NONE
    } catch (error) {
      if (error instanceof KafkaError) return error.code
      throw error
    }
  }

  async #endInGroups(index: number, marker: EndMarker): Promise<void> {
    try {
      await this.#parts.groups.runAt(index, (shard, token, now) => shard.endTransaction(token, marker, now))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw new KafkaError(RETRIED.has(error.code) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error.code)
    }
  }

  #append(partition: Partition, marker: EndMarker, timeoutMs: number): Promise<void> {
    const { clock, timers } = this.#parts.runtime
    return new Promise((resolve, reject) => {
      partition.checkInSync()
      const nowMs = clock.now()
      const batch = encodeMarker(marker, nowMs)
      const { leaderEpoch } = partition
      const { transactionVersion } = marker
      const { lastOffset } = partition.stage(batch, { origin: 'coordinator', nowMs, transactionVersion })
      partition.commit(batch.length, (error) => {
        if (error !== undefined) {
          reject(error)
          return
        }
        let timer: Timer | undefined
        const stop = partition.whenCommitted(lastOffset + 1, leaderEpoch, (failure) => {
          timer?.cancel()
          if (failure === undefined) resolve()
          else reject(failure)
        })
        if (stop === undefined) return
        timer = timers.after(timeoutMs, () => {
          stop()
          reject(new KafkaError(ErrorCode.REQUEST_TIMED_OUT))
        })
      })
    })
  }
}

/** What a coordinator of groups says when it is not there, in the words of a leader. */
const RETRIED: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
])
