/**
 * What one share group has done with the records of one partition (KIP-932), at the partition's leader: which it may
 * acquire, which are locked for whom and until when, and how far it is. Pure: records and time in, changes of state out.
 *
 * Every change that must outlive the leader is put into `takeWrite`'s batches; what depends on them is told when the
 * share coordinator has kept them. Locks are not kept: a new leader starts with all unfinished records available.
 */
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import { AcknowledgeType, DeliveryState, isFinal, type StateBatch } from '../delivery.ts'
import { type AcknowledgementBatch, checkBatch, forEachType } from './acknowledgements.ts'
import { free, InFlight, type InFlightRange } from './in-flight.ts'

export interface SharePartitionLimits {
  /** `group.share.partition.max.record.locks` */
  readonly recordLocksMax: number
  /** `group.share.delivery.count.limit` */
  readonly deliveryCountMax: number
  /** `share.record.lock.duration.ms` */
  readonly lockDurationMs: number
}

/** A batch of the log as it was read; a control batch, or one of an aborted transaction, is not delivered. */
export interface FetchedBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly isDelivered: boolean
}

export interface AcquiredRecords {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

export interface AcquireRequest {
  readonly memberId: string
  /** Where reading began. */
  readonly fetchOffset: number
  readonly batches: readonly FetchedBatch[]
  readonly maxRecords: number
  /** `maxRecords` is never exceeded, not even to complete a batch (KIP-1206). */
  readonly isStrict: boolean
}

export interface ShareWrite {
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly stateBatches: readonly StateBatch[]
}

export class SharePartition {
  readonly #inFlight = new InFlight()
  #startOffset: number
  #unwritten: StateBatch[] = []
  /** Undefined if it is not known what is kept. */
  #writtenStartOffset: number | undefined

  /** From what the share coordinator kept. */
  constructor(startOffset: number, stateBatches: readonly StateBatch[]) {
    this.#startOffset = startOffset
    this.#writtenStartOffset = startOffset
    this.#load([...stateBatches].sort((one, other) => one.firstOffset - other.firstOffset))
    this.#advance()
  }

  /** The first offset that something may still become of. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** Behind the last offset that was ever delivered. */
  get endOffset(): number {
    return (this.#inFlight.lastOffset ?? this.#startOffset - 1) + 1
  }

  get ranges(): readonly InFlightRange[] {
    return this.#inFlight.ranges
  }

  /** Where a member reads next: the first available record, or what was never delivered. */
  get nextFetchOffset(): number {
    const available = this.#inFlight.ranges.find(({ state }) => state === DeliveryState.AVAILABLE)
    return available?.first ?? this.endOffset
  }

  /** Whether a record may be acquired, if there is one at `nextFetchOffset`. */
  canAcquire({ recordLocksMax }: SharePartitionLimits): boolean {
    return this.nextFetchOffset < this.endOffset || this.endOffset - this.#startOffset < recordLocksMax
  }

  /** Offsets from the start offset on that are done with (KIP-1226). */
  get deliveryCompleteCount(): number {
    let count = 0
    for (const { first, last, state } of this.#inFlight.ranges) if (isFinal(state)) count += last - first + 1
    return count
  }

  /** When a lock runs out; Infinity if there is none. */
  get nextDeadlineMs(): number {
    let next = Infinity
    for (const { lockedUntilMs } of this.#inFlight.ranges) next = Math.min(next, lockedUntilMs)
    return next
  }

  /** Locks available and new records for a member. Offsets without a record are archived on the way. */
  acquire(request: AcquireRequest, limits: SharePartitionLimits, nowMs: number): AcquiredRecords[] {
    const acquired: AcquiredRecords[] = []
    let left = request.maxRecords
    let expected = request.fetchOffset
    for (const batch of request.batches) {
      if (left <= 0) break
      const first = Math.max(batch.firstOffset, request.fetchOffset, this.#startOffset)
      this.#archiveUndelivered(expected, first - 1)
      expected = batch.lastOffset + 1
      if (batch.lastOffset < first) continue
      if (!batch.isDelivered) {
        this.#archiveUndelivered(first, batch.lastOffset)
        continue
      }
      const most = request.isStrict ? left : Infinity
      for (const records of this.#acquireRange(
        request.memberId,
        first,
        batch.lastOffset,
        most,
        limits,
        nowMs,
      )) {
        left -= records.lastOffset - records.firstOffset + 1
        acquired.push(records)
      }
    }
    this.#advance()
    return acquired
  }

  /**
   * Takes what a member says of its records: all of it, or, with a KafkaError, nothing. INVALID_RECORD_STATE if a
   * record is not locked for the member (any more).
   */
  acknowledge(
    memberId: string,
    batches: readonly AcknowledgementBatch[],
    limits: SharePartitionLimits,
    nowMs: number,
  ): void {
    let previous = -1
    for (const batch of batches) {
      checkBatch(batch, previous)
      previous = batch.lastOffset
      this.#checkAcquired(memberId, batch)
    }
    for (const batch of batches) {
      forEachType(batch, this.#startOffset, (first, last, type) => {
        this.#settle(first, last, type, limits, nowMs)
      })
    }
    this.#advance()
  }

  /** A member is gone: its records are for others. */
  release(memberId: string, limits: SharePartitionLimits): void {
    this.#freeWhere((range) => range.memberId === memberId, limits)
  }

  /** Locks that have run out are taken away. */
  expireLocks(limits: SharePartitionLimits, nowMs: number): void {
    this.#freeWhere((range) => range.lockedUntilMs <= nowMs, limits)
  }

  /** Records before the log's start are gone. */
  logStartMoved(logStartOffset: number): void {
    if (logStartOffset <= this.#startOffset) return
    this.#startOffset = logStartOffset
    this.#inFlight.dropBefore(logStartOffset)
    this.#unwritten = this.#unwritten.filter(({ lastOffset }) => lastOffset >= logStartOffset)
    this.#advance()
  }

  /** What must be kept since the last call; undefined if nothing. */
  takeWrite(): ShareWrite | undefined {
    if (this.#unwritten.length === 0 && this.#writtenStartOffset === this.#startOffset) return undefined
    const stateBatches = this.#unwritten.filter(({ lastOffset }) => lastOffset >= this.#startOffset)
    this.#unwritten = []
    this.#writtenStartOffset = this.#startOffset
    return {
      startOffset: this.#startOffset,
      deliveryCompleteCount: this.deliveryCompleteCount,
      stateBatches,
    }
  }

  /** What was taken could not be kept: it goes with the next write, before what has changed since. */
  returnWrite({ stateBatches }: ShareWrite): void {
    this.#unwritten = [...stateBatches, ...this.#unwritten]
    this.#writtenStartOffset = undefined
  }

  #load(stateBatches: readonly StateBatch[]): void {
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of stateBatches) {
      const first = Math.max(firstOffset, this.endOffset)
      if (lastOffset < first) continue
      // What was acquired when the leader before us went, and what it never told, is available again.
      if (first > this.endOffset) this.#appendFree(this.endOffset, first - 1, DeliveryState.AVAILABLE, 0)
      const state = isFinal(deliveryState) ? (deliveryState as DeliveryState) : DeliveryState.AVAILABLE
      this.#appendFree(first, lastOffset, state, deliveryCount)
    }
  }

  #appendFree(first: number, last: number, state: DeliveryState, deliveryCount: number): void {
    this.#inFlight.append({ first, last, state, deliveryCount, memberId: null, lockedUntilMs: Infinity })
  }

  *#acquireRange(
    memberId: string,
    first: number,
    last: number,
    most: number,
    limits: SharePartitionLimits,
    nowMs: number,
  ): Generator<AcquiredRecords> {
    let left = most
    const locked = { state: DeliveryState.ACQUIRED, memberId, lockedUntilMs: nowMs + limits.lockDurationMs }
    for (const range of this.#inFlight.within(first, last)) {
      if (range.state !== DeliveryState.AVAILABLE || left <= 0) continue
      const end = Math.min(range.last, range.first + left - 1)
      const deliveryCount = range.deliveryCount + 1
      this.#inFlight.change(range.first, end, () => ({ ...locked, deliveryCount }))
      left -= end - range.first + 1
      yield { firstOffset: range.first, lastOffset: end, deliveryCount }
    }
    const from = Math.max(first, this.endOffset)
    if (last < from || left <= 0 || this.endOffset - this.#startOffset >= limits.recordLocksMax) return
    const end = Math.min(last, from + left - 1)
    this.#inFlight.append({ first: from, last: end, deliveryCount: 1, ...locked })
    yield { firstOffset: from, lastOffset: end, deliveryCount: 1 }
  }

  /** Offsets where the log has nothing to deliver. */
  #archiveUndelivered(first: number, last: number): void {
    if (last < first) return
    for (const range of this.#inFlight.within(first, last)) {
      if (range.state === DeliveryState.AVAILABLE)
        this.#become(range.first, range.last, DeliveryState.ARCHIVED)
    }
    const from = Math.max(first, this.endOffset)
    if (last < from) return
    this.#appendFree(from, last, DeliveryState.ARCHIVED, 0)
    this.#unwritten.push({
      firstOffset: from,
      lastOffset: last,
      deliveryState: DeliveryState.ARCHIVED,
      deliveryCount: 0,
    })
  }

  #checkAcquired(memberId: string, { firstOffset, lastOffset }: AcknowledgementBatch): void {
    // What lies before the start offset went with the log, or was archived: there is nothing to be said of it.
    if (lastOffset < this.#startOffset) return
    if (lastOffset >= this.endOffset) {
      throw new KafkaError(
        ErrorCode.INVALID_REQUEST,
        'The request contains offsets that were never acquired.',
      )
    }
    for (const range of this.#inFlight.within(firstOffset, lastOffset)) {
      if (range.state === DeliveryState.ACQUIRED && range.memberId === memberId) continue
      throw new KafkaError(
        ErrorCode.INVALID_RECORD_STATE,
        'The batch cannot be acknowledged. The batch is not in the acquired state, or is acquired by another member.',
      )
    }
  }

  #settle(first: number, last: number, type: number, limits: SharePartitionLimits, nowMs: number): void {
    if (type === AcknowledgeType.RENEW) {
      const lockedUntilMs = nowMs + limits.lockDurationMs
      this.#inFlight.change(first, last, () => ({ lockedUntilMs }))
    } else if (type === AcknowledgeType.RELEASE) {
      for (const range of this.#inFlight.within(first, last)) this.#giveBack(range, limits)
    } else {
      const isAccepted = type === AcknowledgeType.ACCEPT
      this.#become(first, last, isAccepted ? DeliveryState.ACKNOWLEDGED : DeliveryState.ARCHIVED)
    }
  }

  #freeWhere(applies: (range: InFlightRange) => boolean, limits: SharePartitionLimits): void {
    const freed = this.#inFlight.ranges.filter(
      (range) => range.state === DeliveryState.ACQUIRED && applies(range),
    )
    for (const range of freed) this.#giveBack(range, limits)
    if (freed.length > 0) this.#advance()
  }

  /** Records that were delivered too often are given up. */
  #giveBack({ first, last, deliveryCount }: InFlightRange, { deliveryCountMax }: SharePartitionLimits): void {
    const isSpent = deliveryCount >= deliveryCountMax
    this.#become(first, last, isSpent ? DeliveryState.ARCHIVED : DeliveryState.AVAILABLE)
  }

  #become(first: number, last: number, state: DeliveryState): void {
    this.#inFlight.change(first, last, () => free(state))
    for (const range of this.#inFlight.within(first, last)) {
      this.#unwritten.push({
        firstOffset: range.first,
        lastOffset: range.last,
        deliveryState: state,
        deliveryCount: range.deliveryCount,
      })
    }
  }

  #advance(): void {
    let next = this.#startOffset
    for (const { last, state } of this.#inFlight.ranges) {
      if (!isFinal(state)) break
      next = last + 1
    }
    if (next === this.#startOffset) return
    this.#startOffset = next
    this.#inFlight.dropBefore(next)
  }
}
