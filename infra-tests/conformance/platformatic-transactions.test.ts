/** @platformatic/kafka: transactions with the newest AddPartitionsToTxn, which takes several transactions. */
import {
  Admin,
  Consumer,
  FetchIsolationLevels,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awaitServed } from '../support/raw-client.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

describe('@platformatic/kafka transactions', () => {
  const cluster = useCluster()
  let admin: Admin
  const closes: (() => Promise<void>)[] = []

  beforeAll(() => {
    admin = new Admin(base())
  })
  afterAll(async () => {
    await Promise.all(closes.map((close) => close()))
    await admin.close()
  })

  test('committed records are read, aborted ones are not', async () => {
    const topic = await newTopic()
    const producer = newProducer()
    // The library leaves out but one aborted transaction of a producer in each fetch.
    for (let round = 0; round < 3; round++) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages: [{ topic, value: `a${round}` }], acks: -1 })
      await transaction.send({ messages: [{ topic, value: `b${round}` }], acks: -1 })
      if (round === 1) await transaction.abort()
      else await transaction.commit()
    }
    const received = await take(newConsumer(), topic, 4)
    expect(received.map(({ value }) => value)).toEqual(['a0', 'b0', 'a2', 'b2'])
  })

  test('what was consumed is committed together with what was produced from it', async () => {
    const [from, to] = [await newTopic(), await newTopic()]
    const producer = newProducer()
    const first = await producer.beginTransaction()
    const messages = ['one', 'two', 'three'].map((value) => ({ topic: from, value }))
    await first.send({ messages, acks: -1 })
    await first.commit()

    const groupId = uniqueName('transform')
    const consumer = newConsumer(groupId)
    const [, second] = await take(consumer, from, 2)
    const transaction = await producer.beginTransaction()
    await transaction.addConsumer(consumer)
    await transaction.send({ messages: [{ topic: to, value: `${second!.value}!` }], acks: -1 })
    await transaction.addOffset(second!)
    await transaction.commit()
    await consumer.close(true)
    expect((await take(newConsumer(), to, 1)).map(({ value }) => value)).toEqual(['two!'])
    expect((await take(newConsumer(groupId), from, 1)).map(({ value }) => value)).toEqual(['three'])
  })

  function base() {
    return {
      clientId: 'conformance',
      bootstrapBrokers: cluster().bootstrap.split(','),
      retries: 10,
      retryDelay: 100,
    }
  }

  async function newTopic(): Promise<string> {
    const topic = uniqueName('topic')
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
    await awaitServed(cluster().bootstrap, topic)
    return topic
  }

  function newProducer() {
    const transactionalId = uniqueName('id')
    const options = { idempotent: true, transactionalId, serializers: stringSerializers }
    const producer = new Producer({ ...base(), ...options })
    closes.push(() => producer.close(true))
    return producer
  }

  function newConsumer(groupId = uniqueName('readers')) {
    const isolationLevel = FetchIsolationLevels.READ_COMMITTED
    const options = { groupId, isolationLevel, deserializers: stringDeserializers, maxWaitTime: 200 }
    const consumer = new Consumer({ ...base(), ...options })
    closes.push(() => consumer.close(true))
    return consumer
  }

  async function take(consumer: ReturnType<typeof newConsumer>, topic: string, count: number) {
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
