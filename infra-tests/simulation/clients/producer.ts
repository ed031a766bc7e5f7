/** A producer that writes unique values to all partitions of a topic, also to those that are added meanwhile. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient } from './cluster-client.ts'
import type { Keys } from './keyed-records.ts'
import { ProducerIdentity } from './producer-identity.ts'
import { ProducerLane } from './producer-lane.ts'

export interface ProducerOptions {
  readonly topic: string
  readonly acks: 1 | -1
  readonly idempotent: boolean
  readonly inFlightMax: number
  readonly meanIntervalMs: number
  readonly batchRecordsMax: number
  readonly deliveryTimeoutMs: number
  readonly keys?: Keys | undefined
  readonly paddingBytes?: number | undefined
}

/** More batches than this in a lane's queue, and the application waits. */
const PENDING_MAX = 20

export class Producer {
  readonly client: ClusterClient
  readonly options: ProducerOptions
  readonly #history: HistoryRecorder
  readonly #identity: ProducerIdentity | undefined
  readonly #lanes = new Map<number, ProducerLane>()
  #count: number
  #isWriting = true

  /** `count` records were written by processes of this name before. */
  constructor(
    world: ClientWorld,
    name: string,
    history: HistoryRecorder,
    options: ProducerOptions,
    count = 0,
  ) {
    this.#count = count
    this.client = new ClusterClient(world, name)
    this.options = options
    this.#history = history
    this.#identity = options.idempotent ? new ProducerIdentity(this.client, history) : undefined
    world.spawn(name, this.#run())
  }

  get count(): number {
    return this.#count
  }

  /** Whether what it had sent is written nobody knows. */
  crash(): void {
    this.client.crash()
    this.#history.notice(this.client.name, { name: 'crash' })
  }

  /** Those that wait are still sent, and one more for each partition, to see whether they can be written. */
  finish(): void {
    this.#isWriting = false
    for (const partition of this.#lanes.keys()) this.#write(partition, 1)
  }

  /** Whether nothing waits and the last record for each partition was acknowledged; writes another one where it was not. */
  hasWrittenToAll(): boolean {
    let isDone = true
    for (const [partition, lane] of this.#lanes) {
      if (lane.pendingCount === 0 && lane.lastSucceeded) continue
      isDone = false
      if (lane.pendingCount === 0) this.#write(partition, 1)
    }
    return isDone
  }

  async #run(): Promise<void> {
    const { client, options } = this
    while (!client.isStopped) {
      await client.pause(client.dice.around(options.meanIntervalMs))
      const partitions = [...(client.topics.get(options.topic)?.partitions.keys() ?? [])]
      if (partitions.length === 0 || client.dice.chance(0.02)) await client.refresh([options.topic])
      for (const partition of partitions) this.#lane(partition)
      if (!this.#isWriting || partitions.length === 0) continue
      const partition = client.dice.pick(partitions)
      if (this.#lane(partition).pendingCount >= PENDING_MAX) continue
      this.#write(partition, client.dice.between(1, options.batchRecordsMax))
    }
  }

  #write(partition: number, count: number): void {
    const values = Array.from({ length: count }, () => `${this.client.name}:${++this.#count}`)
    this.#lane(partition).enqueue(values)
  }

  #lane(partition: number): ProducerLane {
    const existing = this.#lanes.get(partition)
    if (existing !== undefined) return existing
    const { topic, acks, deliveryTimeoutMs, keys, paddingBytes } = this.options
    // Without sequence numbers only one batch at a time keeps the order.
    const inFlightMax = this.#identity === undefined ? 1 : this.options.inFlightMax
    const lane = new ProducerLane(this.client, this.#history, this.#identity, {
      topic,
      partition,
      acks,
      inFlightMax,
      deliveryTimeoutMs,
      keys,
      paddingBytes,
    })
    this.#lanes.set(partition, lane)
    this.client.world.spawn(`${this.client.name}/${partition}`, lane.run())
    return lane
  }
}
