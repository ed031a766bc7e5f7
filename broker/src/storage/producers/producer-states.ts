/**
 * What a partition remembers of each idempotent producer (KIP-98): its epoch and its last five batches, so that a
 * retried batch is answered and not written twice; and which transactions are open.
 */
import type { Moment } from '../../runtime/types.ts'
import type { EndTransactionMarker } from '../../wire/index.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  isTransactionalBatch,
  lastOffsetDeltaOf,
  lastOffsetOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from '../batches/batch.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import { OpenTransactions } from './open-transactions.ts'
import * as checks from './producer-checks.ts'
import { addSequence, type ProducerBatch, type ProducerEntry, type ProducerStamp } from './producer-entry.ts'
import { ProducerVerifications } from './producer-verifications.ts'
import type { VerificationGuard } from './verification-guard.ts'

const BATCHES_KEPT = 5
export const NO_PRODUCER_ID = -1
const NO_EPOCH = -1
const NO_TRANSACTION = -1

export class ProducerStates {
  /** Most partitions have no idempotent producer at the moment, and no map. */
  #entries: Map<number, ProducerEntry> | undefined
  readonly #open = new OpenTransactions()
  readonly #verifications = new ProducerVerifications()

  get count(): number {
    return this.#entries?.size ?? 0
  }

  entries(): ProducerEntry[] {
    return this.#entries === undefined ? [] : [...this.#entries.values()]
  }

  /** Takes over what a snapshot has. */
  load(entries: readonly ProducerEntry[]): void {
    const first = (entry: ProducerEntry) => entry.currentTransactionFirstOffset
    for (const entry of entries) this.#put(entry)
    const open = entries.filter((entry) => first(entry) >= 0).sort((a, b) => first(a) - first(b))
    for (const entry of open) this.#open.begin(entry.producerId, first(entry))
  }

  /** Below it every transaction is decided, and its marker replicated; undefined if that is so everywhere. */
  get firstUnstableOffset(): number | undefined {
    return this.#open.firstUnstableOffset
  }

  replicated(highWatermark: number): void {
    this.#open.replicated(highWatermark)
  }

  /**
   * The guard with which a transaction may begin here once its coordinator says so; undefined if nobody need be asked,
   * because it has begun here already. `sequence` is of its first batch.
   */
  beginVerification(
    { producerId, producerEpoch }: ProducerStamp,
    sequence: number,
    nowMs: number,
  ): VerificationGuard | undefined {
    if (this.#hasOpenTransaction(this.#entries?.get(producerId), producerEpoch)) return undefined
    return this.#verifications.begin(producerId, producerEpoch, sequence, nowMs)
  }

  /** Kafka's checks of a client's batch, in Kafka's order. Returns the batch that this one repeats, if it does. */
  check(batch: Buffer, guard: VerificationGuard | undefined): ProducerBatch | undefined {
    const producerId = producerIdOf(batch, 0)
    const entry = this.#entries?.get(producerId)
    const epoch = producerEpochOf(batch, 0)
    const first = baseSequenceOf(batch, 0)
    if (entry?.producerEpoch === epoch) {
      const duplicate = checks.findDuplicate(entry, first, addSequence(first, lastOffsetDeltaOf(batch, 0)))
      if (duplicate !== undefined) return duplicate
    }
    if (entry !== undefined) checks.checkEpoch(entry, epoch)
    if (isTransactionalBatch(batch, 0)) this.checkTransaction({ producerId, producerEpoch: epoch }, guard)
    else if (entry !== undefined && entry.currentTransactionFirstOffset >= 0)
      throw checks.notTransactional(entry)
    if (entry !== undefined) checks.checkSequence(entry, epoch, first)
    const begins = entry === undefined || entry.producerEpoch !== epoch
    if (begins && this.#verifications.overtakes(producerId, first)) {
      throw checks.outOfOrder(producerId, epoch, first, checks.NO_SEQUENCE)
    }
    return undefined
  }

  /** Whether the producer has an open transaction here, or may begin one; its epoch is none that was fenced. */
  checkTransaction(stamp: ProducerStamp, guard: VerificationGuard | undefined): void {
    const { producerId, producerEpoch } = stamp
    const entry = this.#entries?.get(producerId)
    if (entry !== undefined) checks.checkEpoch(entry, producerEpoch)
    if (this.#hasOpenTransaction(entry, producerEpoch)) return
    if (!this.#verifications.isCurrent(producerId, guard)) throw checks.notInTransaction(producerId)
  }

  /** With version 2 each transaction has an epoch of its own, and its marker one above that (KIP-1228). */
  checkMarker(stamp: ProducerStamp, marker: EndTransactionMarker, transactionVersion: number): void {
    const entry = this.#entries?.get(stamp.producerId)
    if (entry === undefined) return
    checks.checkEpoch(entry, transactionVersion >= 2 ? stamp.producerEpoch - 1 : stamp.producerEpoch)
    if (marker.coordinatorEpoch < entry.coordinatorEpoch) throw checks.coordinatorFenced(entry, marker)
  }

  /** Notes a batch of records that is in the log now, or will be. */
  update(buffer: Buffer, at: number): void {
    const producerId = producerIdOf(buffer, at)
    if (producerId === NO_PRODUCER_ID) return
    const entry = this.#entryOf(producerId, producerEpochOf(buffer, at))
    const timestampMs = maxTimestampOf(buffer, at)
    entry.lastTimestampMs = timestampMs
    if (isTransactionalBatch(buffer, at) && entry.currentTransactionFirstOffset < 0) {
      entry.currentTransactionFirstOffset = baseOffsetOf(buffer, at)
      this.#open.begin(producerId, entry.currentTransactionFirstOffset)
      this.#verifications.end(producerId)
    }
    const baseSequence = baseSequenceOf(buffer, at)
    // A coordinator writes on behalf of a producer, without a sequence.
    if (baseSequence < 0) return
    const offsetDelta = lastOffsetDeltaOf(buffer, at)
    const lastSequence = addSequence(baseSequence, offsetDelta)
    if (entry.batches.length === BATCHES_KEPT) entry.batches.shift()
    entry.batches.push({ lastSequence, lastOffset: lastOffsetOf(buffer, at), offsetDelta, timestampMs })
  }

  /** Notes the end of a producer's transaction. Returns it if it was one, and aborted. */
  end(buffer: Buffer, at: number, marker: EndTransactionMarker): AbortedTransaction | undefined {
    const producerId = producerIdOf(buffer, at)
    const entry = this.#entryOf(producerId, producerEpochOf(buffer, at))
    entry.lastTimestampMs = maxTimestampOf(buffer, at)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.currentTransactionFirstOffset = NO_TRANSACTION
    this.#verifications.end(producerId)
    const completed = this.#open.complete(producerId, lastOffsetOf(buffer, at))
    return completed === undefined || marker.isCommit ? undefined : { producerId, ...completed }
  }

  /** Forgets producers that were silent for too long; never one with an open transaction. */
  expire(now: Moment, expirationMs: number): void {
    this.#verifications.expire(now.monotonicMs, expirationMs)
    if (this.#entries === undefined) return
    for (const [producerId, entry] of this.#entries) {
      if (entry.currentTransactionFirstOffset >= 0) continue
      if (now.wallMs - entry.lastTimestampMs >= expirationMs) this.#entries.delete(producerId)
    }
    if (this.#entries.size === 0) this.#entries = undefined
  }

  #hasOpenTransaction(entry: ProducerEntry | undefined, epoch: number): boolean {
    return entry !== undefined && entry.currentTransactionFirstOffset >= 0 && entry.producerEpoch === epoch
  }

  #put(entry: ProducerEntry): void {
    this.#entries ??= new Map()
    this.#entries.set(entry.producerId, entry)
  }

  #entryOf(producerId: number, epoch: number): ProducerEntry {
    let entry = this.#entries?.get(producerId)
    if (entry === undefined) {
      entry = {
        producerId,
        producerEpoch: NO_EPOCH,
        coordinatorEpoch: -1,
        lastTimestampMs: -1,
        currentTransactionFirstOffset: NO_TRANSACTION,
        batches: [],
      }
      this.#put(entry)
    }
    if (entry.producerEpoch !== epoch) {
      entry.producerEpoch = epoch
      entry.batches.length = 0
    }
    return entry
  }
}
