/** @platformatic/kafka: newer versions of the same APIs than kafkajs, topic ids and fetch sessions. */
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awaitServed } from '../support/raw-client.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

type TextConsumer = Consumer<string, string, string, string>

describe('@platformatic/kafka', () => {
  const cluster = useCluster()
  let admin: Admin
  let producer: Producer<string, string, string, string>
  const consumers: TextConsumer[] = []

  beforeAll(() => {
    admin = new Admin(base())
    producer = new Producer({ ...base(), serializers: stringSerializers })
  })
  afterAll(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close(true)))
    await producer.close(true)
    await admin.close()
  })

  test('creates, lists, grows and deletes topics', async () => {
    const topic = uniqueName('admin')
    const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
    expect(created).toMatchObject({ name: topic, partitions: 2, replicas: 1 })
    await expect.poll(() => admin.listTopics()).toContain(topic)
    await admin.createPartitions({ topics: [{ name: topic, count: 4 }] })
    await expect.poll(() => partitionsOf(topic)).toBe(4)
    await admin.deleteTopics({ topics: [topic] })
    await expect.poll(() => admin.listTopics()).not.toContain(topic)
  })

  test('a duplicate topic is an error with the name of Kafka', async () => {
    const topic = await newTopic(1)
    const outcome = await admin
      .createTopics({ topics: [topic], partitions: 1, replicas: 1 })
      .catch((e: unknown) => e)
    expect(JSON.stringify(reasonsOf(outcome))).toContain('TOPIC_ALREADY_EXISTS')
  })

  test('records come back in order with keys and headers', async () => {
    const topic = await newTopic(1)
    const messages = Array.from({ length: 100 }, (_, i) => ({
      topic,
      key: `k${i}`,
      value: `v${i}`,
      headers: new Map([['n', String(i)]]),
    }))
    const { offsets } = await producer.send({ messages, acks: -1 })
    expect(offsets).toEqual([{ topic, partition: 0, offset: 0n }])
    const received = await take(await newConsumer(uniqueName('group')), topic, 100)
    expect(received.map(({ key, value, offset }) => [key, value, offset])).toEqual(
      messages.map(({ key, value }, i) => [key, value, BigInt(i)]),
    )
    expect(received[42]?.headers.get('n')).toBe('42')
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s batches come back as they were sent',
    async (compression) => {
      const topic = await newTopic(1)
      const values = Array.from({ length: 50 }, (_, i) => `${compression} ${i} ${'y'.repeat(50)}`)
      await producer.send({ messages: values.map((value) => ({ topic, value })), acks: -1, compression })
      const received = await take(await newConsumer(uniqueName('group')), topic, 50)
      expect(received.map(({ value }) => value)).toEqual(values)
    },
  )

  test('an idempotent producer gets its id and sends', async () => {
    const topic = await newTopic(1)
    const idempotent = new Producer({ ...base(), serializers: stringSerializers, idempotent: true })
    for (const value of ['a', 'b', 'c']) await idempotent.send({ messages: [{ topic, value }], acks: -1 })
    await idempotent.close()
    const received = await take(await newConsumer(uniqueName('group')), topic, 3)
    expect(received.map(({ value }) => value)).toEqual(['a', 'b', 'c'])
  })

  test('a group resumes where it committed', async () => {
    const topic = await newTopic(1)
    const groupId = uniqueName('resumed')
    await producer.send({ messages: ['one', 'two'].map((value) => ({ topic, value })), acks: -1 })
    const first = await newConsumer(groupId)
    expect((await take(first, topic, 2)).map(({ value }) => value)).toEqual(['one', 'two'])
    await first.commit({ offsets: [{ topic, partition: 0, offset: 2n, leaderEpoch: 0 }] })
    await first.close(true)
    await producer.send({ messages: [{ topic, value: 'three' }], acks: -1 })
    const second = await newConsumer(groupId)
    expect((await take(second, topic, 1)).map(({ value }) => value)).toEqual(['three'])
    const listed = await admin.listGroups()
    expect(listed.get(groupId)).toMatchObject({ id: groupId, protocolType: 'consumer' })
  })

  function base() {
    return {
      clientId: 'conformance',
      bootstrapBrokers: cluster().bootstrap.split(','),
      retries: 10,
      retryDelay: 100,
    }
  }

  async function newTopic(partitions: number): Promise<string> {
    const topic = uniqueName('topic')
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
    await awaitServed(cluster().bootstrap, topic)
    return topic
  }

  async function partitionsOf(topic: string): Promise<number | undefined> {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true }).catch(() => undefined)
    return metadata?.topics.get(topic)?.partitionsCount
  }

  async function newConsumer(groupId: string): Promise<TextConsumer> {
    const consumer = new Consumer({
      ...base(),
      groupId,
      deserializers: stringDeserializers,
      maxWaitTime: 200,
    })
    consumers.push(consumer)
    return consumer
  }

  async function take(consumer: TextConsumer, topic: string, count: number) {
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
    })
    const received = []
    for await (const message of stream) {
      received.push(message)
      if (received.length === count) break
    }
    return received
  }
})

/** The library wraps errors in errors: all their messages. */
function reasonsOf(error: unknown): unknown {
  if (error instanceof AggregateError) return [error.message, error.errors.map(reasonsOf)]
  if (error instanceof Error)
    return [error.message, 'apiId' in error ? error.apiId : '', reasonsOf(error.cause)]
  return error
}
