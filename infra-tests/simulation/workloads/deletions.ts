/** A topic of its own whose oldest records are deleted (KIP-107) while others are written and read. */
import { Admin } from '../clients/admin.ts'
import { Consumer } from '../clients/consumer.ts'
import { Deleter } from '../clients/deleter.ts'
import { Producer } from '../clients/producer.ts'
import { hasRead, tellDrained, type Workload, type WorkloadParts } from './workload.ts'

const EVENTS = 'events'
const PARTITIONS = 2

export class DeletionsWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #producer: Producer
  readonly #readers: Consumer[]
  readonly #deleter: Deleter
  #hasStarts = false

  private constructor(parts: WorkloadParts) {
    this.#parts = parts
    const { world, history } = parts
    this.#producer = new Producer(world, 'event-producer', history, {
      topic: EVENTS,
      acks: -1,
      idempotent: true,
      inFlightMax: 3,
      meanIntervalMs: 100,
      batchRecordsMax: 3,
      deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    })
    const reader = this.#newReader('event-reader')
    this.#readers = [reader]
    const readUpTo = (partition: number) => reader.readers.get(partition)?.position ?? 0
    this.#deleter = new Deleter(world, 'deleter', history, EVENTS, readUpTo)
  }

  static async start(parts: WorkloadParts): Promise<DeletionsWorkload> {
    const { world, replicationFactor } = parts
    await new Admin(world, 'event-admin').createTopic({
      name: EVENTS,
      partitions: PARTITIONS,
      replicationFactor,
      configs: {
        'min.insync.replicas': String(Math.min(2, replicationFactor)),
        'segment.ms': String(world.dice.pick([1000, 604_800_000])),
        'retention.ms': '-1',
        'file.delete.delay.ms': '1000',
      },
    })
    return new DeletionsWorkload(parts)
  }

  finish(): void {
    this.#deleter.client.isStopped = true
    this.#producer.finish()
  }

  hasFinished(): boolean {
    return this.#producer.hasWrittenToAll()
  }

  readAll(): void {
    const { world } = this.#parts
    this.#readers.push(this.#newReader('last-event-reader'))
    const partitions = Array.from({ length: PARTITIONS }, (_, index) => index)
    const telling = this.#deleter.tellStarts(partitions).then(() => {
      this.#hasStarts = true
    })
    world.spawn('deleter/starts', telling)
  }

  hasReadAll(): boolean {
    const haveRead = this.#readers.every((reader) => hasRead(this.#parts.world, reader))
    if (!this.#hasStarts || !haveRead) return false
    tellDrained(this.#parts, this.#readers.at(-1))
    return true
  }

  crashClient(): undefined {
    return undefined
  }

  #newReader(name: string): Consumer {
    const { world, history } = this.#parts
    return new Consumer(world, name, history, EVENTS, { rackId: '', usesSessions: world.dice.chance(0.5) })
  }
}
