/** Producers of all kinds, and consumers that read everything from the start, from the leader or from a replica nearby. */
import { Consumer } from '../clients/consumer.ts'
import { Producer, type ProducerOptions } from '../clients/producer.ts'
import type { Dice } from '../dice.ts'
import { hasRead, tellDrained, type Workload, type WorkloadParts } from './workload.ts'

const FOREVER_MS = Number.POSITIVE_INFINITY
const FIRST_CONSUMER = 'consumer-1'

export class RecordsWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #producers: Producer[]
  readonly #consumers: Consumer[]

  constructor(parts: WorkloadParts) {
    this.#parts = parts
    const { dice } = parts.world
    this.#producers = Array.from({ length: dice.between(2, 3) }, (_, index) =>
      this.#startProducer(index + 1, {
        ...producerOptions(dice, parts.topic, index === 0),
        keys: parts.keys,
      }),
    )
    this.#consumers = Array.from({ length: dice.between(1, 2) }, (_, index) =>
      this.#startConsumer(`consumer-${index + 1}`),
    )
  }

  finish(): void {
    for (const producer of this.#producers) producer.finish()
  }

  hasFinished(): boolean {
    return this.#producers.every((producer) => producer.hasWrittenToAll())
  }

  readAll(): void {
    this.#consumers.push(this.#startConsumer('last-reader', true))
    for (const consumer of this.#consumers) consumer.recordsEnds = true
  }

  hasReadAll(): boolean {
    if (!this.#consumers.every((consumer) => hasRead(this.#parts.world, consumer))) return false
    tellDrained(this.#parts, this.#consumers.at(-1))
    return true
  }

  crashClient(dice: Dice): string {
    if (dice.chance(0.3)) {
      const at = this.#consumers.indexOf(dice.pick(this.#consumers))
      const { name } = this.#consumers[at]!.client
      this.#consumers[at]!.crash()
      this.#consumers[at] = this.#startConsumer(name)
      return name
    }
    const at = this.#producers.indexOf(dice.pick(this.#producers))
    const dead = this.#producers[at]!
    dead.crash()
    this.#producers[at] = this.#startProducer(at + 1, dead.options, dead.count)
    return dead.client.name
  }

  #startProducer(number: number, options: ProducerOptions, count = 0): Producer {
    const { world, history } = this.#parts
    return new Producer(world, `producer-${number}`, history, options, count)
  }

  #startConsumer(name: string, isHasty = false): Consumer {
    const { world, history, topic } = this.#parts
    const { dice, machines } = world
    // One always says where it is.
    const rackId = name === FIRST_CONSUMER || dice.chance(0.5) ? dice.pick(machines).zone : ''
    return new Consumer(world, name, history, topic, { rackId, usesSessions: dice.chance(0.5), isHasty })
  }
}

/** The first one is what the promise is about: idempotent, acks=all. */
function producerOptions(dice: Dice, topic: string, isPromised: boolean): ProducerOptions {
  return {
    topic,
    acks: isPromised || dice.chance(0.6) ? -1 : 1,
    idempotent: isPromised || dice.chance(0.6),
    inFlightMax: dice.between(1, 5),
    meanIntervalMs: dice.pick([50, 200, 500]),
    batchRecordsMax: dice.pick([1, 3, 10]),
    deliveryTimeoutMs: dice.chance(0.3) ? dice.between(3000, 20_000) : FOREVER_MS,
  }
}
