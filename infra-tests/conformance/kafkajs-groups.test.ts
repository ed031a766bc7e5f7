/** kafkajs: consumer groups of the classic protocol. */
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { awaitServed } from '../support/raw-client.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

describe('kafkajs consumer groups', () => {
  const cluster = useCluster()
  const consumers: Consumer[] = []

  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()))
  })

  test('three members share six partitions evenly, and two take over when one leaves', async () => {
    const topic = await createTopic(6)
    const groupId = uniqueName('shared')
    const members = [await join(groupId, topic), await join(groupId, topic), await join(groupId, topic)]
    await expect.poll(() => sharesOf(members)).toEqual([2, 2, 2])
    const [leaver, ...stayers] = members
    await leaver!.consumer.disconnect()
    await expect.poll(() => sharesOf(stayers)).toEqual([3, 3])

    await send(
      topic,
      Array.from({ length: 60 }, (_, i) => ({ partition: i % 6, value: `r${i}` })),
    )
    await expect.poll(() => stayers.flatMap((member) => member.values).length).toBe(60)
    const values = stayers.flatMap((member) => member.values)
    expect(new Set(values).size).toBe(60)
  })

  test('a member resumes where its group committed', async () => {
    const topic = await createTopic(1)
    const groupId = uniqueName('resumed')
    await send(topic, [
      { partition: 0, value: 'one' },
      { partition: 0, value: 'two' },
    ])
    const first = await join(groupId, topic)
    await expect.poll(() => first.values).toEqual(['one', 'two'])
    await first.consumer.commitOffsets([{ topic, partition: 0, offset: '2' }])
    await first.consumer.disconnect()
    await send(topic, [{ partition: 0, value: 'three' }])
    const second = await join(groupId, topic)
    await expect.poll(() => second.values).toEqual(['three'])
  })

  test('a described group shows its members and their partitions', async () => {
    const topic = await createTopic(2)
    const groupId = uniqueName('described')
    const member = await join(groupId, topic)
    await expect.poll(() => member.partitions.length).toBe(2)
    const admin = client().admin()
    await admin.connect()
    const { groups } = await admin.describeGroups([groupId])
    await admin.disconnect()
    expect(groups[0]).toMatchObject({
      groupId,
      state: 'Stable',
      protocolType: 'consumer',
      protocol: 'RoundRobinAssigner',
    })
    expect(groups[0]?.members).toHaveLength(1)
    expect(groups[0]?.members[0]?.clientId).toBe('conformance')
  })

  interface Member {
    consumer: Consumer
    partitions: number[]
    values: string[]
  }

  async function join(groupId: string, topic: string): Promise<Member> {
    const consumer = client().consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 200,
      rebalanceTimeout: 5_000,
      maxWaitTimeInMs: 200,
    })
    const member: Member = { consumer, partitions: [], values: [] }
    consumers.push(consumer)
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      member.partitions = payload.memberAssignment[topic] ?? []
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        member.values.push(String(message.value))
      },
    })
    return member
  }

  function sharesOf(members: readonly Member[]): number[] {
    return members.map(({ partitions }) => partitions.length)
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

  async function send(topic: string, messages: { partition: number; value: string }[]): Promise<void> {
    const producer = client().producer()
    await producer.connect()
    await producer.send({ topic, acks: -1, messages })
    await producer.disconnect()
  }

  function client(): Kafka {
    return new Kafka({
      brokers: cluster().bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      clientId: 'conformance',
    })
  }
})
