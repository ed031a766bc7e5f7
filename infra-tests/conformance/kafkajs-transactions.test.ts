/** kafkajs: transactions of the first version, in which the client adds partitions by itself. */
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { awaitServed } from '../support/raw-client.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

describe('kafkajs transactions', () => {
  const cluster = useCluster()
  const disconnects: (() => Promise<void>)[] = []

  afterEach(async () => {
    await Promise.all(disconnects.splice(0).map((disconnect) => disconnect()))
  })

  test('committed records are read, aborted ones are not', async () => {
    const topic = await createTopic(3)
    const producer = await newProducer(uniqueName('id'))
    for (let round = 0; round < 6; round++) {
      const transaction = await producer.transaction()
      const messages = [0, 1, 2].map((partition) => ({ partition, value: `r${round}p${partition}` }))
      await transaction.send({ topic, acks: -1, messages })
      if (round % 2 === 0) await transaction.commit()
      else await transaction.abort()
    }
    const expected = [0, 2, 4].flatMap((round) => [0, 1, 2].map((partition) => `r${round}p${partition}`))
    expect(await read(topic, expected.length)).toEqual(expected)
  })

  test('offsets of a transaction count when it commits, and not when it is aborted', async () => {
    const topic = await createTopic(1)
    const groupId = uniqueName('group')
    const producer = await newProducer(uniqueName('id'))
    for (const { offset, isCommit } of [
      { offset: '5', isCommit: true },
      { offset: '9', isCommit: false },
    ]) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, acks: -1, messages: [{ value: offset }] })
      const topics = [{ topic, partitions: [{ partition: 0, offset }] }]
      await transaction.sendOffsets({ consumerGroupId: groupId, topics })
      if (isCommit) await transaction.commit()
      else await transaction.abort()
    }
    await expect.poll(() => committed(groupId, topic)).toBe('5')
    expect(await read(topic, 1)).toEqual(['5'])
  })

  test('a producer whose id was taken over is fenced', async () => {
    const topic = await createTopic(1)
    const transactionalId = uniqueName('id')
    const zombie = await (await newProducer(transactionalId)).transaction()
    await zombie.send({ topic, acks: -1, messages: [{ value: 'zombie' }] })
    const next = await (await newProducer(transactionalId)).transaction()
    await next.send({ topic, acks: -1, messages: [{ value: 'next' }] })
    await next.commit()
    const late = zombie.send({ topic, acks: -1, messages: [{ value: 'late' }] })
    await expect(late).rejects.toMatchObject({ type: expect.stringMatching(FENCED) })
    expect(await read(topic, 1)).toEqual(['next'])
  })

  async function newProducer(transactionalId: string): Promise<Producer> {
    const options = { transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 30_000 }
    const producer = client().producer(options)
    await producer.connect()
    disconnects.push(() => producer.disconnect())
    return producer
  }

  /** What a consumer with read_committed gets, sorted. */
  async function read(topic: string, count: number): Promise<string[]> {
    const consumer = client().consumer({ groupId: uniqueName('readers'), maxWaitTimeInMs: 200 })
    disconnects.push(() => consumer.disconnect())
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
      },
    })
    await expect.poll(() => values.length).toBeGreaterThanOrEqual(count)
    return values.sort()
  }

  async function committed(groupId: string, topic: string): Promise<string | undefined> {
    const admin = client().admin()
    await admin.connect()
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
    await admin.disconnect()
    return offsets?.partitions[0]?.offset
  }

  async function createTopic(numPartitions: number): Promise<string> {
    const topic = uniqueName('topic')
    const admin = client().admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true })
    await admin.disconnect()
    await awaitServed(cluster().bootstrap, topic)
    return topic
  }

  function client(): Kafka {
    return new Kafka({
      brokers: cluster().bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      clientId: 'conformance',
    })
  }
})

const FENCED = /^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)$/
