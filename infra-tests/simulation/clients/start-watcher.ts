/** Somebody who asks again and again where the logs of a topic begin. */
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient } from './cluster-client.ts'
import { EARLIEST, PartitionReader } from './partition-reader.ts'

const INTERVAL_MS = 300

export class StartWatcher {
  readonly client: ClusterClient
  readonly #history: HistoryRecorder
  readonly #topic: string

  constructor(world: ClientWorld, name: string, history: HistoryRecorder, topic: string) {
    this.client = new ClusterClient(world, name)
    this.#history = history
    this.#topic = topic
    world.spawn(name, this.#run())
  }

  async #run(): Promise<void> {
    const { client } = this
    const topic = this.#topic
    while (!client.isStopped) {
      const partitions = [...(client.topics.get(topic)?.partitions.keys() ?? [])]
      if (partitions.length === 0) await client.refresh([topic])
      for (const partition of partitions) await this.#ask(partition)
      await client.pause(INTERVAL_MS)
    }
  }

  async #ask(partition: number): Promise<void> {
    const { client } = this
    const options = { topic: this.#topic, partition, position: 0, rackId: '', usesSessions: false }
    const reader = new PartitionReader(client, this.#history, options)
    const offset = await reader.listOffset(EARLIEST, false)
    if (offset === undefined || client.isStopped) return
    this.#history.notice(client.name, { name: 'logStart', partition: reader.name, offset })
  }
}
