/**
 * One partition's queue in a producer: batches are sent in order, up to five in flight, and what was not acknowledged is
 * sent again from the oldest on with the same sequence numbers (KIP-98).
 */
import { ErrorCode, encodeBatch } from '@freshet/broker/wire'
import { ProduceApi } from '../broker-code.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'
import { type Keys, keyOf, padded, recordOf } from './keyed-records.ts'
import type { ProducerIdentity } from './producer-identity.ts'

const PRODUCE_VERSION = 12
const BROKER_TIMEOUT_MS = 3000

export interface LaneOptions {
  readonly topic: string
  readonly partition: number
  readonly acks: 1 | -1
  readonly inFlightMax: number
  readonly deliveryTimeoutMs: number
  /** Of its records, if they have any. */
  readonly keys?: Keys | undefined
  /** So many bytes more than their values the records have. */
  readonly paddingBytes?: number | undefined
}

interface Batch {
  readonly sends: readonly { readonly op: number; readonly value: string }[]
  readonly deadlineMs: number
  sequence: number
  attempts: number
  /** Whether an attempt may have been written without our knowing. */
  isInDoubt: boolean
}

type Verdict = 'done' | 'given-up' | 'again' | 'refused'

/** Refused before anything was appended. */
const NOT_APPENDED = new Set<number>([
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.INVALID_RECORD,
  ErrorCode.MESSAGE_TOO_LARGE,
])

/** Kafka's clients fail the batch, and start with a new producer id, when these come for the oldest batch. */
const SEQUENCE_LOST = new Set<number>([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
])

export class ProducerLane {
  readonly #client: ClusterClient
  readonly #history: HistoryRecorder
  readonly #options: LaneOptions
  /** Undefined for a producer that is not idempotent. */
  readonly #identity: ProducerIdentity | undefined
  /** What became of the last batch of which anything became. */
  lastSucceeded = false
  #pending: Batch[] = []
  #nextSequence = 0
  #generation = 0

  constructor(
    client: ClusterClient,
    history: HistoryRecorder,
    identity: ProducerIdentity | undefined,
    options: LaneOptions,
  ) {
    this.#client = client
    this.#history = history
    this.#identity = identity
    this.#options = options
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  enqueue(values: readonly string[]): void {
    const { topic, partition, acks, deliveryTimeoutMs, keys } = this.#options
    const nowMs = this.#client.world.nowMs
    const sends = values.map((value) => ({
      value,
      op: this.#history.invoke(this.#client.name, {
        name: 'send',
        partition: `${topic}-${partition}`,
        value,
        idempotent: this.#identity !== undefined,
        ...keyOf(value, keys),
        ...(acks === 1 && { acks }),
      }),
    }))
    const deadlineMs = nowMs + deliveryTimeoutMs
    this.#pending.push({ sends, deadlineMs, sequence: -1, attempts: 0, isInDoubt: false })
  }

  /** Runs until the client stops. */
  async run(): Promise<void> {
    while (!this.#client.isStopped) {
      this.#expire()
      if (this.#pending.length === 0) await this.#client.sleep(10)
      else await this.#sendWindow()
    }
  }

  async #sendWindow(): Promise<void> {
    const { topic, partition, inFlightMax } = this.#options
    const leader = this.#client.partition(topic, partition)
    const identity = await this.#identity?.current()
    if (
      leader === undefined ||
      leader.leaderId < 0 ||
      (this.#identity !== undefined && identity === undefined)
    ) {
      await this.#client.refresh([topic])
      return
    }
    this.#follow(identity?.generation ?? 0)
    const window = this.#pending.slice(0, inFlightMax)
    const verdicts = await Promise.all(window.map((batch) => this.#send(batch, leader.leaderId, identity)))
    const isOver = (verdict: Verdict | undefined) => verdict === 'done' || verdict === 'given-up'
    this.#pending = this.#pending.filter((batch) => !isOver(verdicts[window.indexOf(batch)]))
    if (verdicts[0] === 'refused') this.#giveUp()
    if (verdicts.includes('again') || verdicts.includes('given-up')) await this.#client.refresh([topic])
  }

  /** A new producer id starts at sequence 0; what may have been written under the old one cannot be sent again. */
  #follow(generation: number): void {
    if (generation !== this.#generation) {
      this.#generation = generation
      this.#nextSequence = 0
      for (const batch of this.#pending) {
        if (batch.sequence >= 0) this.#fail(batch)
      }
      this.#pending = this.#pending.filter((batch) => batch.sequence < 0)
    }
    for (const batch of this.#pending) {
      if (batch.sequence >= 0) continue
      batch.sequence = this.#nextSequence
      this.#nextSequence += batch.sends.length
    }
  }

  async #send(
    batch: Batch,
    leaderId: number,
    identity: { producerId: number; producerEpoch: number } | undefined,
  ): Promise<Verdict> {
    const { topic, partition, acks, keys, paddingBytes } = this.#options
    const timestamp = Math.floor(this.#client.world.clock.now())
    const records = encodeBatch({
      records: batch.sends.map(({ value }) => {
        const record = recordOf(value, keys, timestamp)
        return paddingBytes === undefined ? record : padded(record, paddingBytes)
      }),
      ...(identity && {
        producerId: identity.producerId,
        producerEpoch: identity.producerEpoch,
        baseSequence: batch.sequence,
      }),
    })
    batch.attempts++
    const answer = await this.#client
      .request(leaderId, ProduceApi, PRODUCE_VERSION, {
        transactionalId: null,
        acks,
        timeoutMs: BROKER_TIMEOUT_MS,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      })
      .catch(ifNoAnswer)
    const result = answer?.responses[0]?.partitionResponses[0]
    return this.#judge(batch, result?.errorCode, result?.baseOffset ?? -1)
  }

  #judge(batch: Batch, errorCode: number | undefined, baseOffset: number): Verdict {
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.lastSucceeded = true
      for (const [index, { op }] of batch.sends.entries())
        this.#history.ok(op, baseOffset < 0 ? {} : { offset: baseOffset + index })
      this.#client.world.trace.add(this.#client.name, 'acked', {
        partition: this.#options.partition,
        offset: baseOffset,
        values: batch.sends.map(({ value }) => value),
      })
      return 'done'
    }
    if (errorCode === undefined || !NOT_APPENDED.has(errorCode)) batch.isInDoubt = true
    this.#client.world.trace.add(this.#client.name, 'not acked', {
      partition: this.#options.partition,
      errorCode: errorCode ?? 'none',
      first: batch.sends[0]?.value,
    })
    if (this.#identity === undefined) {
      // Whoever sends again what may have been written makes duplicates: without sequence numbers it is left alone.
      if (!batch.isInDoubt) return 'again'
      this.#fail(batch)
      return 'given-up'
    }
    return errorCode !== undefined && SEQUENCE_LOST.has(errorCode) ? 'refused' : 'again'
  }

  /**
   * The oldest batch was refused for its sequence number although all before it were acknowledged. As in Kafka, a broker
   * that restarted knows a producer's last batch only (that is what a producer snapshot holds): an older one that is sent
   * again it cannot tell from one out of order.
   */
  #giveUp(): void {
    const [first] = this.#pending
    this.#client.world.trace.add(this.#client.name, 'has lost its sequence', {
      partition: this.#options.partition,
      sequence: first?.sequence,
    })
    this.#identity?.renew()
  }

  /** Batches that waited too long; sequence numbers that were used go with their producer id. */
  #expire(): void {
    const nowMs = this.#client.world.nowMs
    const expired = this.#pending.filter(({ deadlineMs }) => deadlineMs < nowMs)
    if (expired.length === 0) return
    for (const batch of expired) this.#fail(batch)
    this.#pending = this.#pending.filter(({ deadlineMs }) => deadlineMs >= nowMs)
    if (expired.some(({ sequence }) => sequence >= 0)) this.#identity?.renew()
  }

  #fail(batch: Batch): void {
    this.lastSucceeded = false
    for (const { op } of batch.sends) {
      if (batch.isInDoubt) this.#history.info(op, 'given up')
      else this.#history.fail(op, 'given up')
    }
  }
}
