import { WriteTxnMarkersApi } from '../../apis/27-write-txn-markers.ts'
import type { ClusterView } from '../../cluster/index.ts'
import type { SendMarkers, TopicPartition } from '../../coordinators/transactions/index.ts'
import type { Runtime } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, KafkaError } from '../../wire/index.ts'
import type { BrokerLinks } from '../broker-links.ts'
import type { MarkerWriter } from './marker-writer.ts'

export interface MarkerSenderParts {
  readonly brokerId: number
  readonly runtime: Runtime
  readonly logger: Logger
  readonly cluster: ClusterView
  readonly links: BrokerLinks
  readonly writer: MarkerWriter
  /** Whether the coordinator that decided is still in office; an epoch is that of its partition's leader. */
  readonly isCurrent: (transactionsPartition: number, coordinatorEpoch: number) => boolean
  /** These partitions need no marker of that transaction any more. */
  readonly onWritten: (transactionsPartition: number, markers: SendMarkers) => void
}

interface Pending {
  readonly markers: SendMarkers
  readonly transactionsPartition: number
}

/** A leader's answer may wait for its replicas for so long. */
const REQUEST_TIMEOUT_MS = 30_000
const RETRY_MS = 100
const MARKERS_PER_REQUEST_MAX = 1_000

/**
 * Brings the markers of decided transactions to the leaders of their partitions, and tries again until each has it:
 * the decision stands. One request at a time goes to each broker; what comes meanwhile is gathered for the next one,
 * at most one entry for each partition of a transaction.
 */
export class MarkerSender {
  readonly #parts: MarkerSenderParts
  readonly #queues = new Map<number, Pending[]>()
  readonly #busy = new Set<number>()
  #isClosed = false

  constructor(parts: MarkerSenderParts) {
    this.#parts = parts
  }

  send(transactionsPartition: number, markers: SendMarkers): void {
    if (this.#isClosed || !this.#parts.isCurrent(transactionsPartition, markers.coordinatorEpoch)) return
    if (markers.partitions.length === 0) this.#written({ transactionsPartition, markers })
    for (const [leaderId, partitions] of this.#byLeader(markers.partitions)) {
      const pending = { transactionsPartition, markers: { ...markers, partitions } }
      if (leaderId === GONE) this.#written(pending)
      else if (leaderId === UNKNOWN) this.#retry(pending)
      else this.#enqueue(leaderId, pending)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#queues.clear()
  }

  #byLeader(partitions: readonly TopicPartition[]): Map<number, TopicPartition[]> {
    const { topics } = this.#parts.cluster
    const groups = new Map<number, TopicPartition[]>()
    for (const each of partitions) {
      // The topic was deleted: nobody will ever read what the transaction wrote there.
      const leaderId = topics.get(each.topic)?.partitions[each.partition]?.leader ?? GONE
      const group = groups.get(leaderId)
      if (group === undefined) groups.set(leaderId, [each])
      else group.push(each)
    }
    return groups
  }

  #enqueue(leaderId: number, pending: Pending): void {
    const queue = this.#queues.get(leaderId)
    if (queue === undefined) this.#queues.set(leaderId, [pending])
    else queue.push(pending)
    if (this.#busy.has(leaderId)) return
    this.#busy.add(leaderId)
    this.#parts.runtime.timers.endOfTurn(() => this.#flush(leaderId))
  }

  #flush(leaderId: number): void {
    const queue = this.#queues.get(leaderId)
    const batch = queue?.splice(0, MARKERS_PER_REQUEST_MAX) ?? []
    if (batch.length === 0 || this.#isClosed) {
      this.#queues.delete(leaderId)
      this.#busy.delete(leaderId)
      return
    }
    const delivered =
      leaderId === this.#parts.brokerId ? this.#writeHere(batch) : this.#request(leaderId, batch)
    delivered.then(
      () => this.#flush(leaderId),
      (error) => {
        // The leader is not to be reached, or no longer: perhaps somebody else leads by now.
        if (!(error instanceof KafkaError))
          this.#parts.logger.error('markers were not delivered', { leaderId, error })
        for (const pending of batch) this.#retry(pending)
        this.#flush(leaderId)
      },
    )
  }

  async #request(leaderId: number, batch: readonly Pending[]): Promise<void> {
    const client = this.#parts.links.to(leaderId)
    if (client === undefined) throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE)
    const markers = batch.map(({ markers: { partitions, isCommit, ...marker } }) => ({
      ...marker,
      transactionResult: isCommit,
      topics: byTopic(partitions),
    }))
    const response = await client.request(WriteTxnMarkersApi, { markers }, REQUEST_TIMEOUT_MS)
    for (const [index, pending] of batch.entries()) {
      const codes = new Map(
        (response.markers[index]?.topics ?? []).flatMap(({ name, partitions }) =>
          partitions.map((each) => [`${name}/${each.partitionIndex}`, each.errorCode] as const),
        ),
      )
      this.#settle(pending, ({ topic, partition }) => codes.get(`${topic}/${partition}`))
    }
  }

  async #writeHere(batch: readonly Pending[]): Promise<void> {
    const { writer } = this.#parts
    await Promise.all(
      batch.map(async (pending) => {
        const { markers } = pending
        const codes = new Map<TopicPartition, number>()
        const write = async (each: TopicPartition) => {
          codes.set(each, await writer.write(each.topic, each.partition, markers, REQUEST_TIMEOUT_MS))
        }
        await Promise.all(markers.partitions.map(write))
        this.#settle(pending, (each) => codes.get(each))
      }),
    )
  }

  #settle(pending: Pending, codeOf: (partition: TopicPartition) => number | undefined): void {
    const { partitions, transactionVersion } = pending.markers
    const done: TopicPartition[] = []
    const left: TopicPartition[] = []
    for (const each of partitions) {
      const code = codeOf(each) ?? ErrorCode.UNKNOWN_SERVER_ERROR
      // A later coordinator takes care of it.
      if (code === ErrorCode.TRANSACTION_COORDINATOR_FENCED) continue
      // The partition knows a later epoch, or (version 2) has this marker already: nothing is open there to be ended.
      const isBehind = code === ErrorCode.INVALID_PRODUCER_EPOCH
      if (isBehind && transactionVersion < 2) this.#logFenced(pending.markers, each)
      if (code === ErrorCode.NONE || isBehind) done.push(each)
      else left.push(each)
    }
    if (done.length > 0) this.#written({ ...pending, markers: { ...pending.markers, partitions: done } })
    if (left.length > 0) this.#retry({ ...pending, markers: { ...pending.markers, partitions: left } })
  }

  /** Without an epoch for each transaction that should not happen. */
  #logFenced(markers: SendMarkers, partition: TopicPartition): void {
    this.#parts.logger.warn('a marker is of an epoch that was fenced', { ...markers, ...partition })
  }

  #written({ transactionsPartition, markers }: Pending): void {
    this.#parts.onWritten(transactionsPartition, markers)
  }

  #retry({ transactionsPartition, markers }: Pending): void {
    if (this.#isClosed) return
    this.#parts.runtime.timers.after(RETRY_MS, () => this.send(transactionsPartition, markers))
  }
}

const UNKNOWN = -1
const GONE = -2

function byTopic(partitions: readonly TopicPartition[]) {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const indexes = topics.get(topic)
    if (indexes === undefined) topics.set(topic, [partition])
    else indexes.push(partition)
  }
  return [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
}
