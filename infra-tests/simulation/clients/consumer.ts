/** A consumer with assigned partitions: all of one topic, each from its start. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient } from './cluster-client.ts'
import { LATEST, PartitionReader, type ReaderOptions } from './partition-reader.ts'

export interface ConsumerOptions extends ReaderOptions {
  /** Now and then it sleeps for so long between two polls. */
  readonly napMs?: number
  /**
   * It only wants to get to the end: it neither rests between two answers with records nor has brokers wait. A fetch ends
   * with a segment, of which an hour may leave a thousand; and one that waits holds up what its connection has after it.
   */
  readonly isHasty?: boolean
}

const NAP_CHANCE = 0.05

export class Consumer {
  readonly client: ClusterClient
  readonly readers = new Map<number, PartitionReader>()
  /** A leader that was deposed and does not know it may tell an old end: only without faults is it one that counts. */
  recordsEnds = false
  readonly #history: HistoryRecorder
  readonly topic: string
  readonly #options: ConsumerOptions

  constructor(
    world: ClientWorld,
    name: string,
    history: HistoryRecorder,
    topic: string,
    options: ConsumerOptions,
  ) {
    this.client = new ClusterClient(world, name)
    this.#history = history
    this.topic = topic
    this.#options = options
    world.spawn(name, this.#run())
  }

  crash(): void {
    this.client.crash()
    this.#history.notice(this.client.name, { name: 'crash' })
  }

  /** Finds partitions that are new, and now and then asks for their ends. */
  async #run(): Promise<void> {
    const { client } = this
    while (!client.isStopped) {
      await client.refresh([this.topic])
      const known = client.topics.get(this.topic)?.partitions.keys() ?? []
      for (const partition of known) {
        if (!this.readers.has(partition)) this.#assign(partition)
      }
      for (const reader of this.readers.values()) await reader.listOffset(LATEST, this.recordsEnds)
      await client.pause(client.dice.around(this.readers.size === 0 ? 50 : 3000))
    }
  }

  #assign(partition: number): void {
    const { client } = this
    const topic = this.topic
    const reader = new PartitionReader(client, this.#history, {
      topic,
      partition,
      position: 0,
      ...this.#options,
      ...(this.#options.isHasty && { maxWaitMs: 0 }),
    })
    this.readers.set(partition, reader)
    this.#history.notice(client.name, { name: 'seek', partition: reader.name, offset: 0 })
    client.world.spawn(`${client.name}/${partition}`, this.#read(reader))
  }

  async #read(reader: PartitionReader): Promise<void> {
    const { napMs, isHasty } = this.#options
    while (!this.client.isStopped) {
      const count = await reader.poll()
      if (napMs !== undefined && this.client.dice.chance(NAP_CHANCE)) await this.client.pause(napMs)
      if (isHasty && count > 0) continue
      await this.client.pause(count === 0 ? 50 : this.client.dice.around(100))
    }
  }
}
