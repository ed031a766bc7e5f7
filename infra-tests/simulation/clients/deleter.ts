/** Somebody who deletes the oldest records of a topic's partitions (DeleteRecords, KIP-107). */
import { ErrorCode } from '@freshet/broker/wire'
import { DeleteRecordsApi } from '../broker-code.ts'
import type { HistoryRecorder } from '../checker/recorder.ts'
import type { ClientWorld } from './client-world.ts'
import { ClusterClient, ifNoAnswer } from './cluster-client.ts'

const DELETE_RECORDS_VERSION = 2
const BROKER_TIMEOUT_MS = 3000
const MEAN_INTERVAL_MS = 1500
/** Refused before anything was deleted. */
const NOT_DELETED = new Set<number>([
  ErrorCode.OFFSET_OUT_OF_RANGE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
])

export class Deleter {
  readonly client: ClusterClient
  readonly #history: HistoryRecorder
  readonly #topic: string
  /** Records below it were read, and may go. */
  readonly #readUpTo: (partition: number) => number

  constructor(
    world: ClientWorld,
    name: string,
    history: HistoryRecorder,
    topic: string,
    readUpTo: (partition: number) => number,
  ) {
    this.client = new ClusterClient(world, name)
    this.#history = history
    this.#topic = topic
    this.#readUpTo = readUpTo
    world.spawn(name, this.#run())
  }

  /** Asks each partition until it tells where its log begins. */
  async tellStarts(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      while (!(await this.#delete(partition, 0))) await this.client.refresh([this.#topic])
    }
  }

  async #run(): Promise<void> {
    const { client } = this
    while (!client.isStopped) {
      await client.pause(client.dice.around(MEAN_INTERVAL_MS))
      const partitions = [...(client.topics.get(this.#topic)?.partitions.keys() ?? [])]
      const partition = partitions.length === 0 ? undefined : client.dice.pick(partitions)
      const isDone =
        partition !== undefined &&
        !client.isStopped &&
        (await this.#delete(partition, client.dice.between(0, this.#readUpTo(partition))))
      if (!isDone) await client.refresh([this.#topic])
    }
  }

  async #delete(partition: number, offset: number): Promise<boolean> {
    const { client } = this
    const leaderId = client.partition(this.#topic, partition)?.leaderId ?? -1
    if (leaderId < 0) return false
    const name = `${this.#topic}-${partition}`
    const op = this.#history.invoke(client.name, { name: 'deleteRecords', partition: name, offset })
    const partitions = [{ partitionIndex: partition, offset }]
    const body = { topics: [{ name: this.#topic, partitions }], timeoutMs: BROKER_TIMEOUT_MS }
    const answer = await client
      .request(leaderId, DeleteRecordsApi, DELETE_RECORDS_VERSION, body)
      .catch(ifNoAnswer)
    const result = answer?.topics[0]?.partitions[0]
    const code = result?.errorCode
    const startOffset = result?.lowWatermark ?? -1
    client.world.trace.add(client.name, 'deletes', { partition, offset, code, startOffset })
    if (code === ErrorCode.NONE) this.#history.ok(op, { offset: startOffset })
    else if (code !== undefined && NOT_DELETED.has(code)) this.#history.fail(op, `${code}`)
    else this.#history.info(op, `${code ?? 'no answer'}`)
    return code === ErrorCode.NONE
  }
}
