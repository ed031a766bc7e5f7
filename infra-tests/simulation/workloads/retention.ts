/**
 * Two topics that retention shortens, one by time and one by size, while they are written and read: by a consumer that
 * keeps up and by one that sleeps, and finds its position gone. In the end nothing is left of what is too old.
 */
import { Admin } from '../clients/admin.ts'
import { Consumer } from '../clients/consumer.ts'
import { Producer } from '../clients/producer.ts'
import { StartWatcher } from '../clients/start-watcher.ts'
import { RetentionWatch } from '../invariants/retention-watch.ts'
import { hasRead, tellDrained, type Workload, type WorkloadParts } from './workload.ts'

const RETENTION_MS = 4000
const RETENTION_BYTES = 6000
/** By time, and by size. */
const JOURNAL = 'journal'
const SPOOL = 'spool'
const NAP_MS = 3 * RETENTION_MS
const LOOK_MS = 50
/** A log that only retention by size shortens never grows beyond that, with one segment that is being written. */
const SPOOL_BYTES_MAX = 5 * RETENTION_BYTES

export const RETENTION_PROPERTIES: Readonly<Record<string, string>> = {
  'log.initial.task.delay.ms': '500',
  'log.retention.check.interval.ms': '500',
}

export class RetentionWorkload implements Workload {
  readonly #parts: WorkloadParts
  readonly #producers: readonly Producer[]
  readonly #readers: Consumer[]

  private constructor(parts: WorkloadParts) {
    this.#parts = parts
    const { world, history } = parts
    this.#tellRetention()
    this.#producers = [JOURNAL, SPOOL].map(
      (topic) =>
        new Producer(world, `${topic}-producer`, history, {
          topic,
          acks: -1,
          idempotent: true,
          inFlightMax: 3,
          meanIntervalMs: 100,
          batchRecordsMax: 5,
          deliveryTimeoutMs: Number.POSITIVE_INFINITY,
        }),
    )
    this.#readers = [JOURNAL, SPOOL].flatMap((topic) => [
      this.#startReader(`${topic}-reader`, topic),
      this.#startReader(`${topic}-sleeper`, topic, NAP_MS),
    ])
    for (const topic of [JOURNAL, SPOOL]) new StartWatcher(world, `${topic}-watcher`, history, topic)
    world.spawn('retention-watch', this.#watch())
  }

  static async start(parts: WorkloadParts): Promise<RetentionWorkload> {
    const { world, replicationFactor } = parts
    const admin = new Admin(world, 'retention-admin')
    const common = {
      'min.insync.replicas': String(Math.min(2, replicationFactor)),
      'segment.ms': '1000',
      'file.delete.delay.ms': '1000',
    }
    const byTime = { ...common, 'retention.ms': String(RETENTION_MS) }
    const bySize = { ...common, 'retention.ms': '-1', 'retention.bytes': String(RETENTION_BYTES) }
    await admin.createTopic({ name: JOURNAL, partitions: 1, replicationFactor, configs: byTime })
    await admin.createTopic({ name: SPOOL, partitions: 1, replicationFactor, configs: bySize })
    return new RetentionWorkload(parts)
  }

  finish(): void {
    for (const producer of this.#producers) producer.finish()
  }

  hasFinished(): boolean {
    return this.#producers.every((producer) => producer.hasWrittenToAll())
  }

  readAll(): void {
    for (const topic of [JOURNAL, SPOOL]) this.#readers.push(this.#startReader(`last-${topic}-reader`, topic))
  }

  hasReadAll(): boolean {
    const haveRead = this.#readers.every((reader) => hasRead(this.#parts.world, reader))
    if (!haveRead || !this.#isShort()) return false
    this.#tellRetention()
    for (const reader of this.#readers.slice(-2)) tellDrained(this.#parts, reader)
    return true
  }

  crashClient(): undefined {
    return undefined
  }

  /** On every replica: by now all that was written is too old. */
  #isShort(): boolean {
    const { world } = this.#parts
    return world.observer
      .partitions()
      .filter(({ topic }) => topic === JOURNAL || topic === SPOOL)
      .every(({ topic, partitionId, replicas }) =>
        replicas.every((id) => {
          const log = world.machine(id)?.log(topic, partitionId)
          if (log === undefined) return false
          return topic === JOURNAL
            ? log.logStartOffset === log.logEndOffset
            : log.sizeBytes <= SPOOL_BYTES_MAX
        }),
      )
  }

  /** Age goes by the brokers' clocks, as in Kafka: with one that was ahead so much less is promised. */
  #tellRetention(): void {
    const { world, history } = this.#parts
    const retentionMs = Math.max(0, RETENTION_MS - world.clockAheadMaxMs)
    history.notice('run', { name: 'topic', topic: JOURNAL, trimmed: true, retentionMs })
    history.notice('run', { name: 'topic', topic: SPOOL, trimmed: true })
  }

  async #watch(): Promise<void> {
    const { world } = this.#parts
    const watches = [new RetentionWatch(JOURNAL, undefined), new RetentionWatch(SPOOL, RETENTION_BYTES)]
    for (;;) {
      for (const watch of watches) for (const found of watch.look(world)) world.fail(found)
      await world.sleep(LOOK_MS)
    }
  }

  #startReader(name: string, topic: string, napMs?: number): Consumer {
    const { world, history } = this.#parts
    const options = {
      rackId: '',
      usesSessions: world.dice.chance(0.5),
      ...(napMs !== undefined && { napMs }),
    }
    return new Consumer(world, name, history, topic, options)
  }
}
