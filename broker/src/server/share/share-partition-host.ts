import {
  type AcknowledgementBatch,
  type AcquiredRecords,
  type FetchedBatch,
  type ShareKey,
  SharePartition,
  type SharePartitionLimits,
  type ShareWrite,
} from '../../coordinators/share/index.ts'
import type { Partition } from '../../replication/partition/partition.ts'
import { Watchers } from '../../replication/partition/watchers.ts'
import type { Runtime, Timer } from '../../runtime/types.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import { mayPass, type ShareStateClient } from './share-state-client.ts'

export interface SharePartitionHostParts {
  readonly key: ShareKey
  readonly partition: Partition
  readonly state: ShareStateClient
  readonly runtime: Runtime
  readonly limits: () => SharePartitionLimits
  /** Where a group begins that has no state yet. */
  readonly resetOffset: () => Promise<number>
  /** This broker's view is not what is kept any more: it is to be loaded anew. */
  readonly onLost: (error: unknown) => void
  /** What has changed could not be kept so far; it is tried again. */
  readonly onLate: (error: unknown) => void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The longest delay that a timer takes. */
const TIMER_MS_MAX = 0x7fffffff

/** One share-partition at its leader: loads its state, keeps its changes at the share coordinator, minds its locks. */
export class SharePartitionHost {
  readonly partition: Partition
  readonly leaderEpoch: number
  /** Told when records may have become available that were not. */
  readonly available = new Watchers()
  readonly #parts: SharePartitionHostParts
  readonly #share: SharePartition
  readonly #stateEpoch: number
  /** Wait for what is changed but not yet sent. */
  #waiting: Waiter[] = []
  #isWriting = false
  #lockTimer: Timer | undefined
  #isClosed = false

  /** Rejects with KafkaError. */
  static async load(parts: SharePartitionHostParts): Promise<SharePartitionHost> {
    const { leaderEpoch } = parts.partition
    const state = await parts.state.read(parts.key, leaderEpoch)
    const startOffset = state.startOffset >= 0 ? state.startOffset : await parts.resetOffset()
    const share = new SharePartition(startOffset, state.stateBatches)
    const host = new SharePartitionHost(parts, leaderEpoch, state.stateEpoch, share)
    if (state.startOffset < 0) await host.#keep({ startOffset, deliveryCompleteCount: 0, stateBatches: [] })
    return host
  }

  private constructor(
    parts: SharePartitionHostParts,
    leaderEpoch: number,
    stateEpoch: number,
    share: SharePartition,
  ) {
    this.partition = parts.partition
    this.leaderEpoch = leaderEpoch
    this.#parts = parts
    this.#stateEpoch = stateEpoch
    this.#share = share
  }

  get startOffset(): number {
    return this.#share.startOffset
  }

  /** Where to read next; undefined while no more records may be locked. */
  get nextFetchOffset(): number | undefined {
    this.#share.logStartMoved(this.partition.log.logStartOffset)
    return this.#nextToAcquire()
  }

  acquire(request: {
    readonly memberId: string
    readonly fetchOffset: number
    readonly batches: readonly FetchedBatch[]
    readonly maxRecords: number
    readonly isStrict: boolean
  }): AcquiredRecords[] {
    this.#checkOpen()
    const before = this.#nextToAcquire()
    const acquired = this.#share.acquire(request, this.#parts.limits(), this.#nowMs())
    this.#changed(before)
    return acquired
  }

  /** Resolves when it is kept. Throws or rejects with KafkaError. */
  async acknowledge(memberId: string, batches: readonly AcknowledgementBatch[]): Promise<void> {
    this.#checkOpen()
    const before = this.#nextToAcquire()
    this.#share.acknowledge(memberId, batches, this.#parts.limits(), this.#nowMs())
    const kept = this.kept()
    this.#changed(before)
    await kept
  }

  /** Resolves when all that has changed until now is kept; rejects with KafkaError. */
  kept(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#write()
    })
  }

  /** The member is gone, and so is the sense of a fetch of its own that waits here. */
  release(memberId: string): void {
    if (this.#isClosed) return
    const before = this.#nextToAcquire()
    this.#share.release(memberId, this.#parts.limits())
    this.#changed(before)
    this.available.notify(0)
  }

  close(error: KafkaError = new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lockTimer?.cancel()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of waiting) reject(error)
    this.available.notify(Infinity)
  }

  #nextToAcquire(): number | undefined {
    return this.#share.canAcquire(this.#parts.limits()) ? this.#share.nextFetchOffset : undefined
  }

  /** @param before the next offset before the change: who waits is told of earlier ones only, not of what it could have */
  #changed(before: number | undefined): void {
    this.#scheduleLocks()
    this.#write()
    const next = this.nextFetchOffset
    if (next !== undefined && (before === undefined || next < before)) this.available.notify(0)
  }

  /** One write at a time: what changes meanwhile goes with the next. */
  #write(): void {
    if (this.#isWriting || this.#isClosed) return
    const write = this.#share.takeWrite()
    const waiting = this.#waiting
    this.#waiting = []
    if (write === undefined) {
      for (const { resolve } of waiting) resolve()
      return
    }
    this.#isWriting = true
    this.#keep(write).then(
      () => {
        this.#isWriting = false
        for (const { resolve } of waiting) resolve()
        this.#write()
      },
      (error) => {
        const failure = error instanceof KafkaError ? error : new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
        for (const { reject } of waiting) reject(failure)
        if (mayPass(error)) this.#writeAgain(write, error)
        else this.#parts.onLost(error)
      },
    )
  }

  /** What members were given, and how often, is known here alone: it is not forgotten because nobody else can be told. */
  #writeAgain(write: ShareWrite, error: unknown): void {
    this.#isWriting = false
    if (this.#isClosed) return
    this.#share.returnWrite(write)
    this.#parts.onLate(error)
    this.#write()
  }

  async #keep(
    write: Omit<Parameters<ShareStateClient['write']>[1], 'stateEpoch' | 'leaderEpoch'>,
  ): Promise<void> {
    const { key, state } = this.#parts
    await state.write(key, { ...write, stateEpoch: this.#stateEpoch, leaderEpoch: this.leaderEpoch })
  }

  #scheduleLocks(): void {
    this.#lockTimer?.cancel()
    this.#lockTimer = undefined
    const deadlineMs = this.#share.nextDeadlineMs
    if (deadlineMs === Infinity || this.#isClosed) return
    const delayMs = Math.min(Math.max(1, deadlineMs - this.#nowMs()), TIMER_MS_MAX)
    this.#lockTimer = this.#parts.runtime.timers.after(delayMs, () => {
      const before = this.#nextToAcquire()
      this.#share.expireLocks(this.#parts.limits(), this.#nowMs())
      this.#changed(before)
    })
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  #nowMs(): number {
    return this.#parts.runtime.clock.monotonic()
  }
}
