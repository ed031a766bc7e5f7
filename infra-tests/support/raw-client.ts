/** A plain connection to one broker: frames in, frames out, answers in order. Nothing is retried or hidden. */
import { connect, type Socket } from 'node:net'
import {
  createTopicRequest,
  deleteTopicRequest,
  describeQuorumRequest,
  type Fetched,
  fetchRequest,
  metadataRequest,
  metadataTopic,
  type NewTopic,
  type Produced,
  produceRecordsRequest,
  produceRequest,
} from './frames.ts'
import { decodeBatches, nextOffsetOf, type PlainRecord, type StoredRecord } from './record-batch.ts'
import { PATIENCE_MS, waitFor } from './wait.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export function parseAddress(text: string): Address {
  const [host, port] = text.split(':')
  if (!host || !Number.isInteger(Number(port))) throw new Error(`not an address: ${text}`)
  return { host, port: Number(port) }
}

export interface PartitionMetadata {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface ClusterMetadata {
  readonly brokers: ReadonlyMap<number, Address>
  readonly partitions: readonly PartitionMetadata[]
  readonly errorCode: number
}

export class RawClient {
  readonly #socket: Socket
  readonly #waiting: { resolve: (answer: Buffer) => void; reject: (reason: Error) => void }[] = []
  #received: Buffer = Buffer.alloc(0)
  #closed: Error | undefined
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('connection closed')))
  }

  static connect(address: Address, timeoutMs = 5_000): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true })
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no connection to port ${address.port}`)))
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.setTimeout(0)
        socket.off('error', reject)
        resolve(new RawClient(socket))
      })
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Sends a whole frame and resolves with the answer's payload (correlation id first). */
  send(request: (correlationId: number) => Buffer): Promise<Buffer> {
    if (this.#closed) return Promise.reject(this.#closed)
    this.#correlationId += 1
    this.#socket.write(request(this.#correlationId))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    return parseMetadata(await this.send((id) => metadataRequest(id, topics)))
  }

  /** Resolves with Kafka's error code: 0 when it was created. */
  async createTopic(topic: NewTopic): Promise<number> {
    const answer = await this.send((id) => createTopicRequest(id, topic))
    return answer.readInt16BE(14 + answer.readInt16BE(12))
  }

  async deleteTopic(topic: string): Promise<number> {
    const answer = await this.send((id) => deleteTopicRequest(id, topic))
    return answer.readInt16BE(14 + answer.readInt16BE(12))
  }

  /** The broker that leads the metadata log; -1 if this one knows of none. */
  async controllerId(): Promise<number> {
    const answer = await this.send(describeQuorumRequest)
    const errorCode = answer.readInt16BE(5)
    if (errorCode !== 0) throw new Error(`DescribeQuorum: error ${errorCode}`)
    // Behind the error: topics[1]{name, partitions[1]{index, error, leader}}, lengths of one byte.
    return answer.readInt32BE(7 + 1 + 1 + metadataTopic.length + 1 + 4 + 2)
  }

  async produce(
    target: { topic: string; partition: number; acks: number },
    records: readonly PlainRecord[],
  ): Promise<{ errorCode: number; baseOffset: number }> {
    return parseProduced(await this.send((id) => produceRecordsRequest(id, target, records)))
  }

  async produceBatch(produced: Produced): Promise<{ errorCode: number; baseOffset: number }> {
    return parseProduced(await this.send((id) => produceRequest(id, produced)))
  }

  async fetch(wanted: Fetched): Promise<FetchAnswer> {
    return parseFetched(await this.send((id) => fetchRequest(id, wanted)))
  }

  /** Every record of a partition from `offset` up to the high watermark. */
  async readAll(topic: string, partition: number, offset = 0): Promise<StoredRecord[]> {
    const records: StoredRecord[] = []
    for (;;) {
      const answer = await this.fetch({ topic, partition, offset, maxBytes: 4 << 20, maxWaitMs: 10 })
      if (answer.errorCode !== 0) throw new Error(`fetch of ${topic}-${partition}: error ${answer.errorCode}`)
      records.push(...decodeBatches(answer.records).filter((record) => record.offset >= offset))
      offset = nextOffsetOf(answer.records) ?? offset
      if (offset >= answer.highWatermark) return records
    }
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const answer = this.#received.subarray(4, end)
      this.#received = this.#received.subarray(end)
      this.#waiting.shift()?.resolve(answer)
    }
  }

  #fail(reason: Error): void {
    this.#closed ??= reason
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }
}

/** Resolves once every partition of the topic has a leader. */
export async function awaitTopic(address: Address, topic: string): Promise<ClusterMetadata> {
  const client = await RawClient.connect(address)
  try {
    return await waitFor(`leaders of ${topic}`, PATIENCE_MS, async () => {
      const metadata = await client.metadata([topic])
      const ready = metadata.errorCode === 0 && metadata.partitions.every(({ leader }) => leader >= 0)
      return ready ? metadata : undefined
    })
  } finally {
    client.close()
  }
}

/**
 * Resolves once every broker knows the new topic's leaders, and these have opened their partitions: some clients ask
 * another broker than the one that told them of a topic, or send a record twice when one leader of several is late.
 */
export async function awaitServed(bootstrap: string, topic: string): Promise<void> {
  for (const address of bootstrap.split(',').map(parseAddress)) {
    const { brokers, partitions } = await awaitTopic(address, topic)
    for (const { partition, leader } of partitions) {
      const client = await RawClient.connect(brokers.get(leader)!)
      try {
        const start = { topic, partition, offset: 0, maxBytes: 1, maxWaitMs: 0 }
        const isOpen = async () => (await client.fetch(start)).errorCode === 0
        await waitFor(`partition ${partition} of ${topic}`, PATIENCE_MS, isOpen)
      } finally {
        client.close()
      }
    }
  }
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly highWatermark: number
  readonly records: Buffer
}

/** Fetch v11 of one partition: correlation id, throttle, error, session, topics[1]. */
export function parseFetched(answer: Buffer): FetchAnswer {
  const top = answer.readInt16BE(8)
  if (top !== 0) return { errorCode: top, highWatermark: -1, records: Buffer.alloc(0) }
  const partition = 18 + 2 + answer.readInt16BE(18) + 4
  const aborted = Math.max(0, answer.readInt32BE(partition + 30))
  const size = partition + 34 + aborted * 16 + 4
  const length = Math.max(0, answer.readInt32BE(size))
  return {
    errorCode: answer.readInt16BE(partition + 4),
    highWatermark: Number(answer.readBigInt64BE(partition + 6)),
    records: answer.subarray(size + 4, size + 4 + length),
  }
}

/** Produce v7: correlation id, responses[1]{name, partitions[1]{index, error, base offset}}. */
export function parseProduced(answer: Buffer): { errorCode: number; baseOffset: number } {
  const partition = 8 + 2 + answer.readInt16BE(8) + 4
  return {
    errorCode: answer.readInt16BE(partition + 4),
    baseOffset: Number(answer.readBigInt64BE(partition + 6)),
  }
}

/** Produce v7 to many partitions of one topic. */
export function parseProducedToMany(answer: Buffer): { partition: number; errorCode: number }[] {
  const reader = new AnswerReader(answer, 8)
  reader.string()
  return Array.from({ length: reader.int32() }, () => {
    const produced = { partition: reader.int32(), errorCode: reader.int16() }
    reader.skip(8 + 8 + 8)
    return produced
  })
}

function parseMetadata(answer: Buffer): ClusterMetadata {
  const reader = new AnswerReader(answer, 8)
  const brokers = new Map<number, Address>()
  for (let left = reader.int32(); left > 0; left--) {
    const id = reader.int32()
    brokers.set(id, { host: reader.string(), port: reader.int32() })
    reader.string()
  }
  reader.string()
  reader.int32()
  const partitions: PartitionMetadata[] = []
  let errorCode = 0
  for (let topics = reader.int32(); topics > 0; topics--) {
    errorCode = reader.int16() || errorCode
    reader.string()
    reader.skip(1)
    for (let left = reader.int32(); left > 0; left--) {
      reader.int16()
      const partition = reader.int32()
      const leader = reader.int32()
      reader.int32()
      partitions.push({ partition, leader, replicas: reader.ids(), isr: reader.ids() })
      reader.ids()
    }
  }
  return { brokers, partitions, errorCode }
}

class AnswerReader {
  readonly #answer: Buffer
  #at: number

  constructor(answer: Buffer, at: number) {
    this.#answer = answer
    this.#at = at
  }

  skip(count: number): void {
    this.#at += count
  }

  int16(): number {
    this.#at += 2
    return this.#answer.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#answer.readInt32BE(this.#at - 4)
  }

  ids(): number[] {
    return Array.from({ length: Math.max(0, this.int32()) }, () => this.int32())
  }

  string(): string {
    const length = Math.max(0, this.int16())
    this.#at += length
    return this.#answer.toString('utf8', this.#at - length, this.#at)
  }
}
