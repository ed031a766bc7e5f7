/** What every Kafka client has: connections to the brokers, and metadata that it refreshes when a broker says it is stale. */
import type { Api, DraftFields, Fields, InferFields } from '@freshet/broker/wire'
import { ErrorCode } from '@freshet/broker/wire'
import { type Address, MetadataApi } from '../broker-code.ts'
import { Dice } from '../dice.ts'
import type { ClientHost, ClientWorld } from './client-world.ts'
import { ClientConnection, NoAnswerError, type QuotaManners } from './connection.ts'

const METADATA_VERSION = 12
const REQUEST_TIMEOUT_MS = 4000
const BACKOFF_MS = 100
/** Whoever pauses while the world goes slowly looks so often whether it still does. */
const SLOW_SLICE_MS = 100

export interface KnownPartition {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface KnownTopic {
  readonly topicId: string
  readonly partitions: ReadonlyMap<number, KnownPartition>
}

export class ClusterClient {
  readonly name: string
  readonly world: ClientWorld
  readonly dice: Dice
  readonly topics = new Map<string, KnownTopic>()
  isStopped = false
  /** Left out by clients without a quota. */
  manners: QuotaManners | undefined
  readonly #host: ClientHost
  readonly #connections = new Map<string, ClientConnection>()
  #brokers = new Map<number, Address>()
  #refreshing: Promise<void> | undefined

  constructor(world: ClientWorld, name: string) {
    this.world = world
    this.name = name
    this.dice = new Dice(world.dice.random)
    this.#host = world.startClient(name)
  }

  /** The process ends without a word. */
  crash(): void {
    this.isStopped = true
    this.#host.timers.kill()
    this.#host.network.kill()
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#host.timers.after(durationMs, resolve)
    })
  }

  /** Between two pieces of work: longer while the world goes slowly, and not beyond that. */
  pause(durationMs: number): Promise<void> {
    const isLong = this.world.pace > 1 && durationMs > SLOW_SLICE_MS
    return isLong ? this.#pauseSlowly(durationMs) : this.sleep(durationMs * this.world.pace)
  }

  backOff(): Promise<void> {
    return this.pause(BACKOFF_MS / 2 + this.dice.between(0, BACKOFF_MS))
  }

  partition(topic: string, index: number): KnownPartition | undefined {
    return this.topics.get(topic)?.partitions.get(index)
  }

  /** Learns of a broker otherwise than by metadata, which may be older. */
  meet(brokerId: number, { host, port }: Address): void {
    this.#brokers.set(brokerId, { host, port })
  }

  /** Rejects with NoAnswerError. */
  request<Request extends Fields, Response extends Fields>(
    brokerId: number,
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<InferFields<Response>> {
    const address = this.#brokers.get(brokerId)
    if (address === undefined) return Promise.reject(new NoAnswerError(`broker ${brokerId} is not known`))
    return this.#connection(address, `${brokerId}`).request(api, version, body, timeoutMs)
  }

  /** Asks any broker. */
  requestAny<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<InferFields<Response>> {
    const address = this.dice.pick(this.world.bootstrap)
    return this.#connection(address, address.host).request(api, version, body, timeoutMs)
  }

  /** Learns of these topics; concurrent calls share one request. A broker that does not answer is passed over. */
  refresh(topics: readonly string[]): Promise<void> {
    this.#refreshing ??= this.#refresh(topics).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #pauseSlowly(durationMs: number): Promise<void> {
    await this.sleep(SLOW_SLICE_MS * this.world.pace)
    await this.pause(durationMs - SLOW_SLICE_MS)
  }

  async #refresh(topics: readonly string[]): Promise<void> {
    await this.backOff()
    const body = { topics: topics.map((name) => ({ name })), allowAutoTopicCreation: false }
    const answer = await this.requestAny(MetadataApi, METADATA_VERSION, body).catch(ifNoAnswer)
    if (answer === undefined) return
    if (answer.brokers.length > 0)
      this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    for (const topic of answer.topics) {
      if (topic.name === null || topic.errorCode !== ErrorCode.NONE) continue
      this.#learn(topic.name, topic.topicId, topic.partitions)
    }
  }

  /** As in Kafka's clients, metadata of an older leader epoch is not believed. */
  #learn(
    name: string,
    topicId: string,
    partitions: readonly { partitionIndex: number; leaderId: number; leaderEpoch: number }[],
  ): void {
    const known = this.topics.get(name)
    const isSame = known?.topicId === topicId
    const merged = new Map(isSame ? known.partitions : [])
    for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
      const before = merged.get(partitionIndex)
      if (before !== undefined && leaderEpoch < before.leaderEpoch) continue
      merged.set(partitionIndex, { leaderId, leaderEpoch })
    }
    this.topics.set(name, { topicId, partitions: merged })
  }

  #connection(address: Address, purpose: string): ClientConnection {
    const existing = this.#connections.get(purpose)
    if (existing !== undefined && !existing.isClosed) return existing
    const { network, timers } = this.#host
    const connection = new ClientConnection(this.name, network, timers, address, this.manners)
    this.#connections.set(purpose, connection)
    return connection
  }
}

export function ifNoAnswer(error: unknown): undefined {
  if (error instanceof NoAnswerError) return undefined
  throw error
}
