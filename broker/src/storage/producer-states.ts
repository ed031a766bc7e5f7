/**
 * What a partition remembers of each idempotent producer (KIP-98): its epoch and its last five batches, so
 * that a
 * retried batch is answered and not written twice.
 */
import { ErrorCode, KafkaError } from '../wire/index.ts'
import {
  attributesOf,
  BatchAttribute,
  baseSequenceOf,
  lastOffsetDeltaOf,
  lastOffsetOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from './batch.ts'

const BATCHES_KEPT = 5
const SEQUENCE_MAX = 0x7fffffff
export const NO_PRODUCER_ID = -1
const NO_EPOCH = -1
const NO_SEQUENCE = -1

export interface ProducerBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestampMs: number
}

export interface ProducerEntry {
  readonly producerId: number
  producerEpoch: number
  coordinatorEpoch: number
  lastTimestampMs: number
  currentTransactionFirstOffset: number
  /** Oldest first, at most five. */
  readonly batches: ProducerBatch[]
}

export class ProducerStates {
  /** Most partitions have no idempotent producer at the moment, and no map. */
  #entries: Map<number, ProducerEntry> | undefined

  get count(): number {
    return this.#entries?.size ?? 0
  }

  entries(): ProducerEntry[] {
    return this.#entries === undefined ? [] : [...this.#entries.values()]
  }

  put(entry: ProducerEntry): void {
    this.#entries ??= new Map()
    this.#entries.set(entry.producerId, entry)
  }

  /**
   * Kafka's checks before an append, in Kafka's order. Returns the batch that this one repeats, if it does.
   * Throws INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or INVALID_TXN_STATE.
   */
  check(batch: Buffer, origin: 'client' | 'coordinator'): ProducerBatch | undefined {
    const entry = this.#entries?.get(producerIdOf(batch, 0))
    const epoch = producerEpochOf(batch, 0)
    const first = baseSequenceOf(batch, 0)
    if (entry?.producerEpoch === epoch && origin === 'client') {
      const last = addSequence(first, lastOffsetDeltaOf(batch, 0))
      const duplicate = findDuplicate(entry, first, last)
      if (duplicate !== undefined) return duplicate
    }
    if ((attributesOf(batch, 0) & BatchAttribute.TRANSACTIONAL) !== 0 && origin === 'client') {
      throw new KafkaError(
        ErrorCode.INVALID_TXN_STATE,
        'the producer has no open transaction on this partition',
      )
    }
    if (entry === undefined) return undefined
    if (epoch < entry.producerEpoch) throw staleEpoch(entry, epoch)
    if (origin === 'client') checkSequence(entry, epoch, first)
    return undefined
  }

  /** Notes a batch that is in the log now, or will be. */
  update(buffer: Buffer, at: number): void {
    const producerId = producerIdOf(buffer, at)
    if (producerId === NO_PRODUCER_ID) return
    const entry = this.#entryOf(producerId)
    const epoch = producerEpochOf(buffer, at)
    if (entry.producerEpoch !== epoch) {
      entry.producerEpoch = epoch
      entry.batches.length = 0
    }
    const timestampMs = maxTimestampOf(buffer, at)
    entry.lastTimestampMs = timestampMs
    if ((attributesOf(buffer, at) & BatchAttribute.CONTROL) !== 0) return
    const offsetDelta = lastOffsetDeltaOf(buffer, at)
    const lastSequence = addSequence(baseSequenceOf(buffer, at), offsetDelta)
    if (entry.batches.length === BATCHES_KEPT) entry.batches.shift()
    entry.batches.push({ lastSequence, lastOffset: lastOffsetOf(buffer, at), offsetDelta, timestampMs })
  }

  /** Forgets producers that were silent for too long; never one with an open transaction. */
  expire(nowMs: number, expirationMs: number): void {
    if (this.#entries === undefined) return
    for (const [producerId, entry] of this.#entries) {
      if (entry.currentTransactionFirstOffset >= 0) continue
      if (nowMs - entry.lastTimestampMs >= expirationMs) this.#entries.delete(producerId)
    }
    if (this.#entries.size === 0) this.#entries = undefined
  }

  clear(): void {
    this.#entries = undefined
  }

  #entryOf(producerId: number): ProducerEntry {
    let entry = this.#entries?.get(producerId)
    if (entry === undefined) {
      entry = {
        producerId,
        producerEpoch: NO_EPOCH,
        coordinatorEpoch: -1,
        lastTimestampMs: -1,
        currentTransactionFirstOffset: -1,
        batches: [],
      }
      this.put(entry)
    }
    return entry
  }
}

/** Sequences wrap from 2^31-1 to 0. */
export function addSequence(sequence: number, increment: number): number {
  const sum = sequence + increment
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum
}

function subtractSequence(sequence: number, decrement: number): number {
  const difference = sequence - decrement
  return difference < 0 ? difference + SEQUENCE_MAX + 1 : difference
}

function findDuplicate(entry: ProducerEntry, first: number, last: number): ProducerBatch | undefined {
  return entry.batches.find(
    (batch) => batch.lastSequence === last && subtractSequence(last, batch.offsetDelta) === first,
  )
}

function checkSequence(entry: ProducerEntry, epoch: number, first: number): void {
  const last = entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  if (epoch !== entry.producerEpoch) {
    if (first !== 0 && entry.producerEpoch !== NO_EPOCH) throw outOfOrder(entry, epoch, first, NO_SEQUENCE)
    return
  }
  const expected = last === NO_SEQUENCE ? 0 : addSequence(last, 1)
  if (first !== expected) throw outOfOrder(entry, epoch, first, last)
}

function outOfOrder(entry: ProducerEntry, epoch: number, first: number, last: number): KafkaError {
  return new KafkaError(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `Out of order sequence number for producer ${entry.producerId} with epoch ${epoch}: ` +
      `${first} (incoming seq. number), ${last} (current end sequence number)`,
  )
}

function staleEpoch(entry: ProducerEntry, epoch: number): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `Epoch of producer ${entry.producerId} is ${epoch}, which is smaller than the last seen epoch ${entry.producerEpoch}`,
  )
}
