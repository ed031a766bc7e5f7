/** kafkajs: administration and producing. */
import { type ITopicConfig, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awaitServed } from '../support/raw-client.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

describe('kafkajs admin and producer', () => {
  const cluster = useCluster()
  const client = () =>
    new Kafka({
      brokers: cluster().bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      clientId: 'conformance',
    })
  const admin = () => shared.admin
  let shared: { admin: ReturnType<Kafka['admin']> }

  beforeAll(async () => {
    shared = { admin: client().admin() }
    await shared.admin.connect()
  })
  afterAll(() => shared?.admin.disconnect())

  test('describes the cluster', async () => {
    const described = await admin().describeCluster()
    expect(described.brokers.map(({ nodeId }) => nodeId).sort()).toEqual(
      cluster().brokers.map(({ id }) => id),
    )
    expect(described.clusterId).toMatch(/^[\w-]{22}$/)
    expect(cluster().brokers.map(({ id }) => id)).toContain(described.controller)
  })

  test('creates, lists, grows and deletes a topic', async () => {
    const topic = uniqueName('grown')
    expect(await createTopic({ topic, numPartitions: 2 })).toBe(true)
    expect(await admin().listTopics()).toContain(topic)
    expect(await partitionsOf(topic)).toBe(2)
    await admin().createPartitions({ topicPartitions: [{ topic, count: 5 }] })
    await expect.poll(() => partitionsOf(topic)).toBe(5)
    await admin().deleteTopics({ topics: [topic] })
    await expect.poll(() => admin().listTopics()).not.toContain(topic)
  })

  test('a duplicate topic is TOPIC_ALREADY_EXISTS, which kafkajs reports as false', async () => {
    const topic = uniqueName('twice')
    await createTopic({ topic })
    expect(await admin().createTopics({ topics: [{ topic }] })).toBe(false)
  })

  test('fewer partitions than there are is INVALID_PARTITIONS', async () => {
    const topic = uniqueName('shrunk')
    await createTopic({ topic, numPartitions: 3 })
    await expect(admin().createPartitions({ topicPartitions: [{ topic, count: 2 }] })).rejects.toThrow(
      /partitions/i,
    )
    expect(await partitionsOf(topic)).toBe(3)
  })

  test('configs are described with their source and altered', async () => {
    const topic = uniqueName('configured')
    const configEntries = [{ name: 'retention.ms', value: '3600000' }]
    await createTopic({ topic, configEntries })
    expect(await configOf(topic, 'retention.ms')).toMatchObject({ configValue: '3600000', isDefault: false })
    expect(await configOf(topic, 'cleanup.policy')).toMatchObject({ configValue: 'delete', isDefault: true })
    const changed = [{ name: 'retention.ms', value: '7200000' }]
    await admin().alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: changed }],
    })
    await expect.poll(() => configOf(topic, 'retention.ms')).toMatchObject({ configValue: '7200000' })
  })

  test('an idempotent producer numbers its records from 0 and topic offsets follow', async () => {
    const topic = uniqueName('idempotent')
    await createTopic({ topic, numPartitions: 1 })
    const producer = client().producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const offsets: (string | undefined)[] = []
    for (const value of ['a', 'b', 'c']) {
      const [sent] = await producer.send({ topic, acks: -1, messages: [{ key: 'k', value }] })
      offsets.push(sent?.baseOffset)
    }
    await producer.disconnect()
    expect(offsets).toEqual(['0', '1', '2'])
    expect(await admin().fetchTopicOffsets(topic)).toEqual([
      { partition: 0, offset: '3', high: '3', low: '0' },
    ])
  })

  test('records before an offset are deleted', async () => {
    const topic = uniqueName('trimmed')
    await createTopic({ topic, numPartitions: 1 })
    const producer = client().producer()
    await producer.connect()
    await producer.send({ topic, messages: ['a', 'b', 'c', 'd'].map((value) => ({ value })) })
    await producer.disconnect()
    // kafkajs looks for the leader only among topics that it was asked about before.
    expect(await admin().fetchTopicOffsets(topic)).toMatchObject([{ high: '4', low: '0' }])
    await admin().deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    expect(await admin().fetchTopicOffsets(topic)).toEqual([
      { partition: 0, offset: '4', high: '4', low: '3' },
    ])
  })

  test('offsets of a group are set, read and deleted with it', async () => {
    const topic = uniqueName('offsets')
    const groupId = uniqueName('group')
    await createTopic({ topic, numPartitions: 1 })
    await admin().setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '7' }] })
    const read = await admin().fetchOffsets({ groupId, topics: [topic] })
    expect(read).toMatchObject([{ topic, partitions: [{ partition: 0, offset: '7' }] }])
    expect((await admin().listGroups()).groups.map((group) => group.groupId)).toContain(groupId)
    await admin().deleteGroups([groupId])
    expect((await admin().listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId)
  })

  async function createTopic(topic: ITopicConfig): Promise<boolean> {
    const isCreated = await admin().createTopics({ topics: [topic], waitForLeaders: true })
    await awaitServed(cluster().bootstrap, topic.topic)
    return isCreated
  }

  async function partitionsOf(topic: string): Promise<number | undefined> {
    const { topics } = await admin().fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.length
  }

  async function configOf(topic: string, name: string) {
    const { resources } = await admin().describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic }],
    })
    return resources[0]?.configEntries.find((entry) => entry.configName === name)
  }
})
