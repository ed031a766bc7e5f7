/**
 * The few Kafka requests that load, fuzz and chaos need, written by hand: what judges the broker shares no code
 * with it. Only non-flexible versions. https://kafka.apache.org/protocol
 */
import { encodeBatch, type PlainRecord } from './record-batch.ts'

export const produceKey = 0

export function apiVersionsRequest(correlationId: number): Buffer {
  return frame(18, 0, correlationId, () => {})
}

/** Metadata v7 of the given topics; none means brokers only. */
export function metadataRequest(correlationId: number, topics: readonly string[]): Buffer {
  return frame(3, 7, correlationId, (writer) => {
    writer.array(topics, (topic) => writer.string(topic))
    writer.int8(0)
  })
}

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** CreateTopics v4. */
export function createTopicRequest(correlationId: number, topic: NewTopic): Buffer {
  return frame(19, 4, correlationId, (writer) => {
    writer.array([topic], ({ topic: name, partitions, replicationFactor = 1, configs = {} }) => {
      writer.string(name)
      writer.int32(partitions)
      writer.int16(replicationFactor)
      writer.array([], () => {})
      writer.array(Object.entries(configs), ([key, value]) => {
        writer.string(key)
        writer.string(value)
      })
    })
    writer.int32(30_000)
    writer.int8(0)
  })
}

/** DeleteTopics v3. */
export function deleteTopicRequest(correlationId: number, topic: string): Buffer {
  return frame(20, 3, correlationId, (writer) => {
    writer.array([topic], (name) => writer.string(name))
    writer.int32(30_000)
  })
}

export interface Produced {
  readonly topic: string
  readonly partition: number
  readonly acks: number
  readonly transactionalId?: string
  readonly batch: Buffer
}

/** Produce v7 of one batch to one partition. */
export function produceRequest(correlationId: number, produced: Produced): Buffer {
  return produceToManyRequest(correlationId, { ...produced, partitions: [produced.partition] })
}

export function produceRecordsRequest(
  correlationId: number,
  target: Omit<Produced, 'batch'>,
  records: readonly PlainRecord[],
): Buffer {
  return produceRequest(correlationId, { ...target, batch: encodeBatch(records) })
}

/** Produce v7 of the same batch to many partitions of one topic. */
export function produceToManyRequest(
  correlationId: number,
  produced: Omit<Produced, 'partition'> & { partitions: readonly number[] },
): Buffer {
  const { topic, partitions, acks, transactionalId, batch } = produced
  return frame(produceKey, 7, correlationId, (writer) => {
    if (transactionalId === undefined) writer.int16(-1)
    else writer.string(transactionalId)
    writer.int16(acks)
    writer.int32(30_000)
    writer.array([topic], (name) => {
      writer.string(name)
      writer.array(partitions, (index) => {
        writer.int32(index)
        writer.bytes(batch)
      })
    })
  })
}

export const metadataTopic = '__cluster_metadata'

/** DescribeQuorum v0 of the metadata log; flexible: lengths are one more than they say, tags are empty. */
export function describeQuorumRequest(correlationId: number): Buffer {
  return frame(55, 0, correlationId, (writer) => {
    writer.int8(0)
    writer.int8(2)
    writer.int8(metadataTopic.length + 1)
    writer.text(metadataTopic)
    writer.int8(2)
    writer.int32(0)
    for (let tags = 0; tags < 3; tags++) writer.int8(0)
  })
}

export interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  readonly maxWaitMs?: number
}

/** Fetch v11 of one partition, without a session. */
export function fetchRequest(correlationId: number, wanted: Fetched): Buffer {
  return frame(1, 11, correlationId, (writer) => {
    writer.int32(-1)
    writer.int32(wanted.maxWaitMs ?? 100)
    writer.int32(1)
    writer.int32(wanted.maxBytes)
    writer.int8(0)
    writer.int32(0)
    writer.int32(-1)
    writer.array([wanted.topic], (name) => {
      writer.string(name)
      writer.array([wanted.partition], (index) => {
        writer.int32(index)
        writer.int32(-1)
        writer.int64(wanted.offset)
        writer.int64(-1)
        writer.int32(wanted.maxBytes)
      })
    })
    writer.array([], () => {})
    writer.string('')
  })
}

/** A whole frame: length, request header v1, body. */
export function frame(
  key: number,
  version: number,
  correlationId: number,
  body: (writer: FrameWriter) => void,
): Buffer {
  const writer = new FrameWriter()
  writer.int16(key)
  writer.int16(version)
  writer.int32(correlationId)
  writer.string('freshet-tests')
  body(writer)
  return framed(writer.toBuffer())
}

export function framed(payload: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(payload.length)
  return Buffer.concat([length, payload])
}

export class FrameWriter {
  readonly #parts: Buffer[] = []

  int8(value: number): void {
    this.#add(1).writeInt8(value)
  }

  int16(value: number): void {
    this.#add(2).writeInt16BE(value)
  }

  int32(value: number): void {
    this.#add(4).writeInt32BE(value)
  }

  int64(value: number): void {
    this.#add(8).writeBigInt64BE(BigInt(value))
  }

  string(value: string): void {
    const text = Buffer.from(value)
    this.int16(text.length)
    this.#parts.push(text)
  }

  text(value: string): void {
    this.#parts.push(Buffer.from(value))
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.#parts.push(value)
  }

  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.int32(items.length)
    for (const item of items) write(item)
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(size: number): Buffer {
    const part = Buffer.alloc(size)
    this.#parts.push(part)
    return part
  }
}
