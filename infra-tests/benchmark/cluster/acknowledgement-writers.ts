/**
 * Writers that want every record acknowledged by all replicas, one per partition, one record at a time, and that go on
 * whatever happens to the brokers: when was what acknowledged, by whom, and what was refused.
 */
import { type Address, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'

export interface Acknowledgement {
  readonly atMs: number
  readonly leader: number
  readonly offset: number
  readonly value: string
}

export interface Writer {
  readonly partition: number
  readonly acknowledged: Acknowledgement[]
}

const PAUSE_MS = 2
const RETRY_MS = 5
/** A broker that stands still answers nothing: it is given up. */
const ANSWER_LIMIT_MS = 500

/** What a client tries again after: anything else is an error to the application. */
const RETRIABLE = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION: not yet known after a restart
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  19, // NOT_ENOUGH_REPLICAS
  20, // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  56, // KAFKA_STORAGE_ERROR
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
])

export class AcknowledgementWriters {
  readonly writers: readonly Writer[]
  /** Error codes that no client would try again after. */
  readonly refusals: number[] = []
  readonly #brokers: readonly Address[]
  readonly #topic: string
  readonly #ended: Promise<unknown>
  #isStopped = false

  constructor(brokers: readonly Address[], topic: string, partitions: number) {
    this.#brokers = brokers
    this.#topic = topic
    this.writers = Array.from({ length: partitions }, (_, partition) => ({ partition, acknowledged: [] }))
    this.#ended = Promise.all(this.writers.map((writer) => this.#write(writer)))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }

  async #write(writer: Writer): Promise<void> {
    let connected: { readonly leader: number; readonly client: RawClient } | undefined
    for (let count = 0; !this.#isStopped; count++) {
      try {
        connected ??= await this.#connect(writer.partition)
        await this.#writeOne(writer, connected, `${writer.partition}/${count}`)
        await sleep(PAUSE_MS)
      } catch {
        // No leader, no connection, no answer, or a refusal: whoever leads now is asked, with another record.
        connected?.client.close()
        connected = undefined
        await sleep(RETRY_MS)
      }
    }
    connected?.client.close()
  }

  async #writeOne(
    { partition, acknowledged }: Writer,
    { leader, client }: { readonly leader: number; readonly client: RawClient },
    value: string,
  ): Promise<void> {
    const target = { topic: this.#topic, partition, acks: -1 }
    const { errorCode, baseOffset } = await limited(client, client.produce(target, [{ value }]))
    if (errorCode === 0) {
      acknowledged.push({ atMs: performance.now(), leader, offset: baseOffset, value })
      return
    }
    if (!RETRIABLE.has(errorCode)) this.refusals.push(errorCode)
    throw new Error(`error ${errorCode}`)
  }

  /** Asks all brokers at once who leads, and believes the first that tells. */
  #connect(partition: number): Promise<{ leader: number; client: RawClient }> {
    return Promise.any(this.#brokers.map((broker) => this.#leaderAt(broker, partition))).then(
      async ({ leader, address }) => ({ leader, client: await RawClient.connect(address, ANSWER_LIMIT_MS) }),
    )
  }

  async #leaderAt(broker: Address, partition: number): Promise<{ leader: number; address: Address }> {
    const client = await RawClient.connect(broker, ANSWER_LIMIT_MS)
    try {
      const metadata = await limited(client, client.metadata([this.#topic]))
      const leader = metadata.partitions.find((candidate) => candidate.partition === partition)?.leader ?? -1
      const address = metadata.brokers.get(leader)
      if (address === undefined) throw new Error(`no leader of partition ${partition}`)
      return { leader, address }
    } finally {
      client.close()
    }
  }
}

/** The longest time without an acknowledgement that ended after `sinceMs`. */
export function longestGapMs({ acknowledged }: Writer, sinceMs: number): number {
  let longest = 0
  for (const [index, { atMs }] of acknowledged.entries()) {
    const before = acknowledged[index - 1]
    if (before !== undefined && atMs >= sinceMs) longest = Math.max(longest, atMs - before.atMs)
  }
  return longest
}

async function limited<T>(client: RawClient, answer: Promise<T>): Promise<T> {
  const limit = setTimeout(() => client.close(), ANSWER_LIMIT_MS)
  try {
    return await answer
  } finally {
    clearTimeout(limit)
  }
}
