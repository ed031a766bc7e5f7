import type { PartitionLog, StagedBatch } from '../storage/index.ts'
import { ErrorCode, KafkaError } from '../wire/index.ts'
import type { CommitWaiter, GroupCommit } from './group-commit.ts'

/** Told how many bytes became readable; Infinity when waiting has lost its sense (the leader changed, the log is offline). */
export type AdvanceWatcher = (sizeBytes: number) => void

export interface AppendOptions {
  readonly origin: 'client' | 'coordinator'
  readonly nowMs: number
}

/**
 * One partition on this broker: its log and its role. The high watermark follows the log end as long as the leader
 * is the only replica; what is above it is never served.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  readonly #commits: GroupCommit
  #leaderId = -1
  #leaderEpoch = -1
  #leads = false
  #watchers: Set<AdvanceWatcher> | undefined
  /** Appended, but the watchers were not told yet. */
  #unannouncedBytes = 0

  constructor(log: PartitionLog, topicId: string, commits: GroupCommit) {
    this.topic = log.topic
    this.index = log.partition
    this.topicId = topicId
    this.log = log
    this.#commits = commits
  }

  get leaderId(): number {
    return this.#leaderId
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get leads(): boolean {
    return this.#leads
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** Without open transactions everything committed is stable. */
  get lastStableOffset(): number {
    return this.log.highWatermark
  }

  /** Takes the role that the cluster's metadata gives. Epochs only rise. */
  assign(leaderId: number, leaderEpoch: number, brokerId: number): void {
    if (leaderEpoch < this.#leaderEpoch) {
      throw new Error(`${this.name}: leader epoch went back from ${this.#leaderEpoch} to ${leaderEpoch}`)
    }
    const changed = leaderId !== this.#leaderId || leaderEpoch !== this.#leaderEpoch
    // What was staged carries the old epoch: it is written before anything of the new one.
    if (changed) this.#commits.commitAll()
    this.#leaderId = leaderId
    this.#leaderEpoch = leaderEpoch
    this.#leads = leaderId === brokerId
    if (!changed) return
    if (this.#leads) this.#lead()
    this.interruptWatchers()
  }

  /** A disk that fails here takes the log offline; requests are told so. */
  #lead(): void {
    this.log.highWatermark = this.log.logEndOffset
    try {
      this.log.assignLeaderEpoch(this.#leaderEpoch)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
  }

  /** Why a request with this leader epoch (-1 if it names none) may not be served here, or undefined. KIP-320. */
  refusal(requestLeaderEpoch: number): number | undefined {
    if (requestLeaderEpoch >= 0) {
      if (requestLeaderEpoch < this.#leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
      if (requestLeaderEpoch > this.#leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
    }
    if (!this.#leads) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    if (this.log.failure !== undefined) return ErrorCode.KAFKA_STORAGE_ERROR
    return undefined
  }

  /**
   * Checks and stages one batch; `waiter` is told when it is written, together with all others of this turn.
   * Throws KafkaError, with nothing staged, if the batch may not be appended.
   */
  append(batch: Buffer, options: AppendOptions, waiter: CommitWaiter): StagedBatch {
    if (!this.#leads)
      throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `${this.name} is not led by this broker`)
    const staged = this.log.stage(batch, { ...options, leaderEpoch: this.#leaderEpoch })
    const sizeBytes = staged.duplicate ? 0 : batch.length
    this.#unannouncedBytes += sizeBytes
    this.#commits.add(this.log, sizeBytes, this.#onCommitted, waiter)
    return staged
  }

  /** Calls `watcher` whenever records become readable, until the returned function is called. */
  watch(watcher: AdvanceWatcher): () => void {
    this.#watchers ??= new Set()
    const watchers = this.#watchers
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  interruptWatchers(): void {
    this.#notify(Number.POSITIVE_INFINITY)
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  readonly #onCommitted = (endOffset: number): void => {
    this.log.highWatermark = endOffset
    const sizeBytes = this.#unannouncedBytes
    this.#unannouncedBytes = 0
    this.#notify(sizeBytes)
  }

  #notify(sizeBytes: number): void {
    if (this.#watchers === undefined || this.#watchers.size === 0) return
    for (const watcher of [...this.#watchers]) watcher(sizeBytes)
  }
}
