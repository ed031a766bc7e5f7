/**
 * A topic of its own with clients that want more than their quotas (KIP-13), one of which does not wait as it is told,
 * and neighbours without quotas.
 */
import { Admin } from '../clients/admin.ts'
import type { ClusterClient } from '../clients/cluster-client.ts'
import type { Exchange } from '../clients/connection.ts'
import { Consumer } from '../clients/consumer.ts'
import { Producer } from '../clients/producer.ts'
import { QuotaLedger } from '../invariants/quota-ledger.ts'
import { hasRead, tellDrained, type Workload, type WorkloadParts } from './workload.ts'

export const METERED = 'metered-producer'
const TOPIC = 'metered'
const PARTITIONS = 2
const LAST_READER = 'last-metered-reader'
const WINDOWS = 3
/** Of one batch, and of what a consumer asks for at a time, for each partition. */
const UNDERWAY_BYTES_MAX = PARTITIONS * 5000
const LIMITS = { windowsMs: WINDOWS * 1000, underwayBytesMax: UNDERWAY_BYTES_MAX }
const PRODUCED_PER_SECOND = 3000
const CONSUMED_PER_SECOND = 6000
/** For brokers to hear of the quotas. */
const SETTLING_MS = 1000
/** What reading the whole takes without any quota, with all that is slow after faults. */
const UNMETERED_MS = 5000

export const QUOTA_PROPERTIES: Readonly<Record<string, string>> = { 'quota.window.num': String(WINDOWS) }

export class QuotasWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #producers: readonly Producer[]
  readonly #readers: Consumer[]
  /** How long the last reader took; undefined until it has read everything. */
  #readingMs: number | undefined

  private constructor(parts: WorkloadParts) {
    this.#parts = parts
    this.#producers = [
      this.#startProducer(METERED, this.#produceLedger(), true),
      this.#startProducer('rude-producer', this.#produceLedger(), false),
      this.#startProducer('free-producer', undefined, true),
    ]
    this.#readers = [
      this.#startReader(
        'metered-reader',
        new QuotaLedger({ ...LIMITS, bytesPerSecond: CONSUMED_PER_SECOND }),
      ),
      this.#startReader('free-reader', undefined),
    ]
  }

  static async start(parts: WorkloadParts): Promise<QuotasWorkload> {
    const { world, replicationFactor } = parts
    const admin = new Admin(world, 'quota-admin')
    const configs = { 'min.insync.replicas': String(Math.min(2, replicationFactor)) }
    await admin.createTopic({ name: TOPIC, partitions: PARTITIONS, replicationFactor, configs })
    for (const clientId of [METERED, 'rude-producer'])
      await admin.setQuota(clientId, 'producer_byte_rate', PRODUCED_PER_SECOND)
    for (const clientId of ['metered-reader', LAST_READER])
      await admin.setQuota(clientId, 'consumer_byte_rate', CONSUMED_PER_SECOND)
    await world.sleep(SETTLING_MS)
    return new QuotasWorkload(parts)
  }

  finish(): void {
    for (const producer of this.#producers) producer.finish()
  }

  hasFinished(): boolean {
    return this.#producers.every((producer) => producer.hasWrittenToAll())
  }

  readAll(): void {
    const ledger = new QuotaLedger({ ...LIMITS, bytesPerSecond: CONSUMED_PER_SECOND })
    const reader = this.#startReader(LAST_READER, ledger)
    this.#readers.push(reader)
    this.#parts.world.spawn('quota-watch', this.#watchReading(reader, ledger))
  }

  hasReadAll(): boolean {
    const haveRead = this.#readers.every((reader) => hasRead(this.#parts.world, reader))
    if (this.#readingMs === undefined || !haveRead) return false
    tellDrained(this.#parts, this.#readers.at(-1))
    return true
  }

  /** What a process knew of its quota would begin anew with the next one. */
  crashClient(): undefined {
    return undefined
  }

  async #watchReading(reader: Consumer, ledger: QuotaLedger): Promise<void> {
    const { world } = this.#parts
    const sinceMs = world.nowMs
    while (!hasRead(world, reader)) await world.sleep(100)
    this.#readingMs = world.nowMs - sinceMs
    const starvation = ledger.starvation(ledger.totalBytes, this.#readingMs - UNMETERED_MS)
    if (starvation !== undefined) world.fail(`starved: ${LAST_READER}: ${starvation}`)
  }

  #produceLedger(): QuotaLedger {
    return new QuotaLedger({ ...LIMITS, bytesPerSecond: PRODUCED_PER_SECOND })
  }

  #startProducer(name: string, ledger: QuotaLedger | undefined, isPolite: boolean): Producer {
    const { world, history } = this.#parts
    const producer = new Producer(world, name, history, {
      topic: TOPIC,
      acks: -1,
      idempotent: true,
      inFlightMax: 1,
      meanIntervalMs: ledger === undefined ? 300 : 40,
      batchRecordsMax: 3,
      deliveryTimeoutMs: Number.POSITIVE_INFINITY,
      paddingBytes: ledger === undefined ? 0 : 400,
    })
    this.#watch(producer.client, ledger, isPolite, 'Produce')
    return producer
  }

  #startReader(name: string, ledger: QuotaLedger | undefined): Consumer {
    const { world, history } = this.#parts
    const options = { rackId: '', usesSessions: world.dice.chance(0.5) }
    const reader = new Consumer(world, name, history, TOPIC, options)
    this.#watch(reader.client, ledger, true, 'Fetch')
    return reader
  }

  #watch(
    client: ClusterClient,
    ledger: QuotaLedger | undefined,
    isPolite: boolean,
    metered: 'Produce' | 'Fetch',
  ): void {
    const { world } = this.#parts
    const onExchange = (exchange: Exchange) => {
      const { api, host, sentAtMs, throttleMs, requestBytes, answerBytes } = exchange
      if (throttleMs > 0) world.trace.add(client.name, 'is throttled', { host, api, throttleMs })
      if (ledger === undefined) {
        if (throttleMs > 0)
          world.fail(`throttled-for-others: ${client.name} has no quota and is to wait ${throttleMs} ms`)
        return
      }
      if (api !== metered) return
      const process = `${host} (start ${world.machines.find(({ name }) => name === host)?.restarts})`
      const bytes = metered === 'Produce' ? requestBytes : answerBytes
      const wrong = ledger.count(process, { sentAtMs, answeredAtMs: world.nowMs, bytes })
      if (wrong !== undefined) world.fail(`quota-exceeded: ${client.name}: ${wrong}`)
    }
    client.manners = { isPolite, nowMs: () => world.nowMs, onExchange }
  }
}
