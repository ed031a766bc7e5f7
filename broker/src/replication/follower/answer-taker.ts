/** Takes over what a leader answered to a fetch, partition by partition: what is wrong with one holds up no other. */
import type { FetchResponse } from '../../apis/01-fetch.ts'
import { ErrorCode, errorName, KafkaError } from '../../wire/index.ts'
import type { Partition } from '../partition/partition.ts'
import type { FetcherParts } from './fetcher-parts.ts'
import type { Followed } from './followed.ts'
import type { FollowedPartitions } from './followed-partitions.ts'
import type { LeaderConnection } from './leader-connection.ts'

/** The fetcher, as far as an answer changes what it does next. */
export interface FetchMembers {
  readonly leaderId: number
  readonly isStopped: boolean
  readonly followed: FollowedPartitions
  /** The next fetch names the partition, with where its log ends by then. */
  askNext(followed: Followed): void
  /** Out of the fetches for a while. */
  delay(followed: Followed): void
  unfollow(partition: Partition): void
}

type PartitionData = FetchResponse['responses'][number]['partitions'][number]

/** Of an answer with much in it, so much is taken over in one turn of the event loop. */
const SLICE_MS = 1
/**
 * Of a copy. Linux begins to write back when gigabytes wait for it, all at once, and who appends to one of these files, or
 * needs the disk, waits meanwhile: a copy that is flushed as it comes keeps nobody waiting but itself.
 */
const UNFLUSHED_COPY_BYTES_MAX = 8 << 20

export class AnswerTaker {
  readonly #parts: FetcherParts
  readonly #members: FetchMembers

  constructor(parts: FetcherParts, members: FetchMembers) {
    this.#parts = parts
    this.#members = members
  }

  /** Resolves when all is taken over, with what must be over, too, before the next fetch. */
  async take(response: FetchResponse, connection: LeaderConnection): Promise<readonly Promise<void>[]> {
    const pending: Promise<void>[] = []
    const { monotonicMs, timers } = this.#parts
    let sliceEndMs = monotonicMs() + SLICE_MS
    for (const { topicId, partitions } of response.responses) {
      for (const data of partitions) {
        if (monotonicMs() >= sliceEndMs) {
          await new Promise<void>((resolve) => timers.endOfTurn(resolve))
          if (this.#members.isStopped) return pending
          sliceEndMs = monotonicMs() + SLICE_MS
        }
        const followed = this.#members.followed.get(topicId, data.partitionIndex)
        if (followed === undefined) continue
        if (!followed.isCurrent) {
          this.#askAnew(followed)
          continue
        }
        const task = this.#takeOne(followed, data, connection)
        if (task !== undefined) pending.push(task)
      }
    }
    return pending
  }

  /** What must be over before the next fetch, if anything. */
  #takeOne(followed: Followed, data: PartitionData, connection: LeaderConnection): Promise<void> | undefined {
    try {
      if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#resetOffset(followed, connection)
      if (data.errorCode !== ErrorCode.NONE) {
        this.#refused(followed, data.errorCode)
        return undefined
      }
      if (data.divergingEpoch.endOffset >= 0) {
        const truncation = followed.truncate(data.divergingEpoch, this.#parts)
        if (truncation !== undefined) return this.#truncate(followed, truncation)
      } else this.#append(followed, data, this.#parts.wallMs())
      followed.failures = 0
      this.#members.askNext(followed)
      if (followed.partition.log.needsSync()) return this.#sync(followed)
      return followed.unflushedCopyBytes >= UNFLUSHED_COPY_BYTES_MAX ? this.#flushCopy(followed) : undefined
    } catch (error) {
      this.#failed(followed, error)
      return undefined
    }
  }

  #append(followed: Followed, data: PartitionData, nowMs: number): void {
    followed.append(data, nowMs)
    const sizeBytes = data.records?.length ?? 0
    if (followed.partition.throttled.asFollower) this.#parts.quota.record(sizeBytes)
    if (!isPaced(followed)) return
    this.#parts.pace.record(sizeBytes)
    followed.unflushedCopyBytes += sizeBytes
  }

  async #flushCopy(followed: Followed): Promise<void> {
    followed.unflushedCopyBytes = 0
    await this.#parts.pace.flushes.run(() => this.#sync(followed))
  }

  /** The next fetch says that the records are here: with `flush.messages` that means on the disk. */
  async #sync(followed: Followed): Promise<void> {
    try {
      await followed.partition.log.flush()
    } catch (error) {
      this.#failed(followed, error)
    }
  }

  async #truncate(followed: Followed, truncation: Promise<void>): Promise<void> {
    try {
      await truncation
      followed.failures = 0
      this.#askNext(followed)
      if (followed.partition.log.needsSync()) await followed.partition.log.flush()
    } catch (error) {
      this.#failed(followed, error)
    }
  }

  async #resetOffset(followed: Followed, connection: LeaderConnection): Promise<void> {
    try {
      await followed.resetOffset(connection, this.#parts)
      this.#askNext(followed)
    } catch (error) {
      this.#failed(followed, error)
    }
  }

  /** It took some turns: meanwhile it may be followed no more, or in another epoch. */
  #askNext(followed: Followed): void {
    if (this.#members.followed.has(followed)) this.#members.askNext(followed)
  }

  #refused(followed: Followed, errorCode: number): void {
    if (errorCode === ErrorCode.FENCED_LEADER_EPOCH) this.#parts.onStale()
    this.#parts.logger.debug('a leader refused a fetch', {
      partition: followed.partition.name,
      leaderId: this.#members.leaderId,
      error: errorName(errorCode),
    })
    this.#members.delay(followed)
  }

  /** The leader must not go on with what it was asked for before. */
  #askAnew(followed: Followed): void {
    if (followed.partition.log.failure !== undefined) this.#members.unfollow(followed.partition)
    else this.#members.askNext(followed)
  }

  /** A part of what came may have been taken over before: then the log ends further on than was asked for. */
  #failed(followed: Followed, error: unknown): void {
    if (!(error instanceof KafkaError)) throw error
    const { logger } = this.#parts
    const { partition } = followed
    if (!this.#members.followed.has(followed)) return
    if (partition.log.failure === undefined) {
      // The first of a row: it is tried again and again.
      if (followed.failures === 0)
        logger.warn('records of a leader could not be taken over', { partition: partition.name, error })
      this.#members.delay(followed)
    } else {
      this.#members.unfollow(partition)
    }
  }
}

/** Nobody misses a replica that is being added; but one that does not gain would never come to its end. */
function isPaced({ partition, isInSync, isGaining }: Followed): boolean {
  return partition.standing === 'ADDED' && !isInSync && isGaining
}
