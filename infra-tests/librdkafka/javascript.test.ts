/** Confluent's JavaScript client: `npm run kafka-javascript`. With FRESHET_ORACLE=apache against Apache Kafka. */
import { beforeAll, describe, expect, test } from 'vitest'
import { uniqueName, useCluster } from '../conformance/cluster-under-test.ts'
import { expectEachInputOnce, SHORT_SESSIONS } from '../conformance/exactly-once/lives.ts'
import { type Consumer, connectTo, type Kafka, type Received } from './javascript-client.ts'

const WITHIN = { timeout: 60_000, interval: 100 }

describe("Confluent's JavaScript client", () => {
  const cluster = useCluster({
    properties: {
      ...SHORT_SESSIONS,
      'transaction.state.log.replication.factor': '3',
      'transaction.state.log.min.isr': '2',
      'transaction.state.log.num.partitions': '3',
      'offsets.topic.replication.factor': '3',
      'offsets.topic.num.partitions': '3',
    },
  })
  let kafka: Kafka
  beforeAll(() => {
    kafka = connectTo(cluster().bootstrap)
  })

  test('records come as they were sent: keys, headers, nulls, in the order of their partition', async () => {
    const topic = await newTopic(2)
    const messages = Array.from({ length: 20 }, (_, index) => ({
      key: `key ${index}`,
      value: index === 7 ? null : `value ${index}`,
      headers: { origin: 'test' },
      partition: index % 2,
    }))
    const producer = kafka.producer()
    await producer.connect()
    // The client makes buffers of the values in place.
    await producer.send({ topic, messages: messages.map((message) => ({ ...message })) })
    await producer.disconnect()
    const received = await read(topic, messages.length)
    for (const partition of [0, 1]) {
      const own = received.filter((each) => each.partition === partition)
      expect(own.map(({ message }) => Number(message.offset))).toEqual(own.map((_, index) => index))
      expect(own.map(({ message }) => message.value?.toString() ?? null)).toEqual(
        messages.filter((each) => each.partition === partition).map(({ value }) => value),
      )
      expect(String(own[0]?.message.headers?.origin)).toBe('test')
      expect(String(own[0]?.message.key)).toBe(`key ${partition}`)
    }
  })

  test.for(['gzip', 'snappy', 'lz4', 'zstd'])('%s', async (codec, { expect }) => {
    const topic = await newTopic(1)
    const producer = kafka.producer({ 'compression.codec': codec })
    await producer.connect()
    const values = Array.from({ length: 50 }, (_, index) => `${codec} ${index} ${'w'.repeat(50)}`)
    await producer.send({ topic, messages: values.map((value) => ({ value })) })
    await producer.disconnect()
    expect((await read(topic, values.length)).map(({ message }) => String(message.value))).toEqual(values)
  })

  test('committed transactions are read, aborted ones are not, and offsets go with them', async () => {
    const [from, to, groupId] = [await newTopic(1), await newTopic(1), uniqueName('group')]
    const producer = kafka.producer({ kafkaJS: { transactionalId: uniqueName('id') } })
    const consumer = kafka.consumer({ kafkaJS: { groupId, autoCommit: false } })
    await producer.connect()
    await consumer.connect()
    await consumer.subscribe({ topics: [from] })
    await consumer.run({ eachMessage: async () => {} })
    await expect.poll(() => consumer.assignment().length, WITHIN).toBe(1)
    for (const [value, isCommit] of [
      ['first', true],
      ['never', false],
      ['second', true],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: to, messages: [{ value }] })
      const topics = [{ topic: from, partitions: [{ partition: 0, offset: isCommit ? '5' : '9' }] }]
      await transaction.sendOffsets({ consumer, topics })
      if (isCommit) await transaction.commit()
      else await transaction.abort()
    }
    await producer.disconnect()
    await consumer.disconnect()
    expect((await read(to, 2)).map(({ message }) => String(message.value))).toEqual(['first', 'second'])
    const admin = kafka.admin()
    await admin.connect()
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [from] })
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '5' }])
    await admin.disconnect()
  })

  test('consume, transform, produce: each input comes out once, though the process is killed in transactions', () =>
    expectEachInputOnce(cluster().bootstrap, `${import.meta.dirname}/javascript-transform.ts`))

  test.for(['classic', 'consumer'])(
    'two members of a group of the protocol %s share, and one takes over from the other',
    async (protocol, { expect }) => {
      const [topic, groupId] = [await newTopic(4), uniqueName('group')]
      const members = [await join(groupId, protocol, topic), await join(groupId, protocol, topic)]
      await expect.poll(() => sizes(members), WITHIN).toEqual([2, 2])
      const admin = kafka.admin()
      await admin.connect()
      if (protocol === 'classic') {
        const described = await admin.describeGroups([groupId])
        expect(described.groups[0]?.members).toHaveLength(2)
      }
      expect((await admin.listGroups()).groups.map((group) => group.groupId)).toContain(groupId)
      await members[0]?.disconnect()
      await expect.poll(() => sizes(members.slice(1)), WITHIN).toEqual([4])
      await members[1]?.disconnect()
      await admin.deleteGroups([groupId])
      expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
      await admin.disconnect()
    },
  )

  test('topics are made, described, emptied and deleted', async () => {
    const topic = await newTopic(3)
    const admin = kafka.admin()
    await admin.connect()
    expect(await admin.listTopics()).toContain(topic)
    const [described] = await admin.fetchTopicMetadata({ topics: [topic] })
    expect(described?.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3])
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [1, 2, 3].map((n) => ({ value: `${n}`, partition: 1 })) })
    await producer.disconnect()
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '2' }] })
    const offsets = await admin.fetchTopicOffsets(topic)
    expect(offsets.find(({ partition }) => partition === 1)).toMatchObject({ low: '2', high: '3' })
    await admin.deleteTopics({ topics: [topic] })
    await expect.poll(() => admin.listTopics(), WITHIN).not.toContain(topic)
    await admin.disconnect()
  })

  async function newTopic(numPartitions: number): Promise<string> {
    const topic = uniqueName('javascript')
    const admin = kafka.admin()
    await admin.connect()
    expect(await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 3 }] })).toBe(true)
    await admin.disconnect()
    return topic
  }

  async function join(groupId: string, protocol: string, topic: string): Promise<Consumer> {
    const consumer = kafka.consumer({ kafkaJS: { groupId }, 'group.protocol': protocol })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({ eachMessage: async () => {} })
    return consumer
  }

  /** All records of a topic from its beginning, sorted by partition; fails if there are more than expected. */
  async function read(topic: string, count: number): Promise<Received[]> {
    const received: Received[] = []
    const consumer = kafka.consumer({ kafkaJS: { groupId: uniqueName('group'), fromBeginning: true } })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({
      eachMessage: async (each) => {
        received.push(each)
      },
    })
    await expect.poll(() => received.length, WITHIN).toBe(count)
    await consumer.disconnect()
    return received.toSorted((one, other) => one.partition - other.partition)
  }
})

const sizes = (members: readonly Consumer[]) => members.map((member) => member.assignment().length)
