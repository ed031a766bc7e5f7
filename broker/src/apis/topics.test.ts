/** Metadata, DescribeTopicPartitions and configurations through the protocol. */
import { beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { createTopic, produceValues } from '../server/test-requests.ts'
import { ErrorCode, ZERO_UUID } from '../wire/index.ts'
import { MetadataApi } from './03-metadata.ts'
import { CreateTopicsApi } from './19-create-topics.ts'
import { DescribeConfigsApi } from './32-describe-configs.ts'
import { AlterConfigsApi } from './33-alter-configs.ts'
import { IncrementalAlterConfigsApi } from './44-incremental-alter-configs.ts'
import {
  DescribeTopicPartitionsApi,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from './75-describe-topic-partitions.ts'

const TOPIC_RESOURCE = 2
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAw'
let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(1)
})

test('all topics: an empty list in version 0, null later; an empty list later is none', async () => {
  await createTopic(cluster, 1, { name: 'a' })
  await createTopic(cluster, 1, { name: 'b' })
  const names = async (version: number, topics: { name: string }[] | null) =>
    (await cluster.request(1, MetadataApi, version, { topics })).topics.map((each) => each.name)
  expect(await names(0, [])).toEqual(['a', 'b'])
  expect(await names(1, null)).toEqual(['a', 'b'])
  for (const version of [1, 9, 13]) expect(await names(version, [])).toEqual([])
  expect(await names(12, null)).toEqual(['a', 'b'])
})

test('a topic that is asked for is created, once, with the defaults; but only if the client allows it', async () => {
  const ask = (allowAutoTopicCreation: boolean) =>
    cluster.request(1, MetadataApi, 9, { topics: [{ name: 'wanted' }], allowAutoTopicCreation })
  expect((await ask(false)).topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const created = (await ask(true)).topics[0]
  expect(created).toMatchObject({ errorCode: ErrorCode.NONE, name: 'wanted' })
  expect(created?.partitions).toHaveLength(1)
  expect((await ask(true)).topics[0]?.partitions).toEqual(created?.partitions)
  await produceValues(cluster, 1, 'wanted', ['a'])
})

test('no topic is created where the broker does not allow it, nor with a name that none may have', async () => {
  const strict = await TestCluster.start(1, { 'auto.create.topics.enable': 'false' })
  const refused = await strict.request(1, MetadataApi, 9, { topics: [{ name: 'wanted' }] })
  expect(refused.topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const invalid = await cluster.request(1, MetadataApi, 9, { topics: [{ name: 'not/a/name' }] })
  expect(invalid.topics[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
})

test.each([null, ''])('topics can be asked for by id from version 12 on, with the name %j', async (name) => {
  const { topicId } = await createTopic(cluster, 1, { name: 'a' })
  const ask = async (id: string, version = 12) =>
    (await cluster.request(1, MetadataApi, version, { topics: [{ topicId: id, name }] })).topics[0]
  expect(await ask(topicId)).toMatchObject({ errorCode: ErrorCode.NONE, name: 'a', topicId })
  expect(await ask(UNKNOWN_ID)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null })
  expect((await ask(UNKNOWN_ID, 13))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  for (const version of [10, 11])
    expect((await ask(topicId, version))?.errorCode).toBe(ErrorCode.INVALID_REQUEST)
})

test('operations are told to who asks for them', async () => {
  await createTopic(cluster, 1, { name: 'a' })
  const ask = (version: number, asks: boolean) =>
    cluster.request(1, MetadataApi, version, {
      topics: [{ name: 'a' }],
      includeTopicAuthorizedOperations: asks,
      ...(version <= 10 && { includeClusterAuthorizedOperations: asks }),
    })
  expect((await ask(8, false)).topics[0]?.topicAuthorizedOperations).toBe(-2147483648)
  expect((await ask(13, true)).topics[0]?.topicAuthorizedOperations).toBeGreaterThan(0)
  expect((await ask(10, true)).clusterAuthorizedOperations).toBeGreaterThan(0)
})

test('topic partitions come page by page, in the order of names, each once', async () => {
  for (const [name, partitions] of [
    ['b', 3],
    ['a', 2],
    ['c', 1],
  ] as const)
    await createTopic(cluster, 1, { name, partitions })
  const pages: string[][] = []
  let cursor: DescribeTopicPartitionsRequest['cursor'] = null
  do {
    const page: DescribeTopicPartitionsResponse = await cluster.request(1, DescribeTopicPartitionsApi, 0, {
      topics: [],
      responsePartitionLimit: 2,
      cursor,
    })
    pages.push(
      page.topics.flatMap((each) => each.partitions.map((one) => `${each.name}-${one.partitionIndex}`)),
    )
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(pages).toEqual([
    ['a-0', 'a-1'],
    ['b-0', 'b-1'],
    ['b-2', 'c-0'],
  ])
})

test('topics that do not exist are described as unknown', async () => {
  const { topics } = await cluster.request(1, DescribeTopicPartitionsApi, 0, {
    topics: [{ name: 'unknown' }],
  })
  expect(topics).toMatchObject([
    { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name: 'unknown', topicId: ZERO_UUID, partitions: [] },
  ])
})

async function configOf(topic: string, name: string) {
  const { results } = await cluster.request(1, DescribeConfigsApi, 4, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: [name] }],
    includeSynonyms: true,
  })
  const [config] = results[0]?.configs ?? []
  return [config?.value, config?.configSource]
}

test('configurations are set, described with their source, applied, and go back to their default', async () => {
  await createTopic(cluster, 1, { name: 'a', configs: { 'retention.ms': '1000' } })
  expect(await configOf('a', 'retention.ms')).toEqual(['1000', 1])
  const change = (configOperation: number, value: string | null) =>
    cluster.request(1, IncrementalAlterConfigsApi, 1, {
      resources: [
        {
          resourceType: TOPIC_RESOURCE,
          resourceName: 'a',
          configs: [{ name: 'max.message.bytes', configOperation, value }],
        },
      ],
      validateOnly: false,
    })
  expect((await change(0, '100')).responses[0]?.errorCode).toBe(ErrorCode.NONE)
  await cluster.advance(100)
  expect(await configOf('a', 'max.message.bytes')).toEqual(['100', 1])
  await expect(produceValues(cluster, 1, 'a', ['x'.repeat(200)])).rejects.toThrow('10')
  await change(1, null)
  await cluster.advance(100)
  expect((await configOf('a', 'max.message.bytes'))[1]).toBe(5)
  await produceValues(cluster, 1, 'a', ['x'.repeat(200)])
  expect((await change(0, 'many')).responses[0]?.errorCode).toBe(ErrorCode.INVALID_CONFIG)
})

test('AlterConfigs replaces everything, and changes nothing when it only validates', async () => {
  await createTopic(cluster, 1, { name: 'a', configs: { 'retention.ms': '1000', 'segment.ms': '2000' } })
  const replace = (validateOnly: boolean) =>
    cluster.request(1, AlterConfigsApi, 2, {
      resources: [
        {
          resourceType: TOPIC_RESOURCE,
          resourceName: 'a',
          configs: [{ name: 'retention.ms', value: '3000' }],
        },
      ],
      validateOnly,
    })
  await replace(true)
  await cluster.advance(100)
  expect(await configOf('a', 'retention.ms')).toEqual(['1000', 1])
  await replace(false)
  await cluster.advance(100)
  expect(await configOf('a', 'retention.ms')).toEqual(['3000', 1])
  expect((await configOf('a', 'segment.ms'))[1]).toBe(5)
})

test('configurations of an unknown topic and of another broker are errors of that resource alone', async () => {
  const { results } = await cluster.request(1, DescribeConfigsApi, 4, {
    resources: [
      { resourceType: TOPIC_RESOURCE, resourceName: 'unknown', configurationKeys: null },
      { resourceType: 4, resourceName: '2', configurationKeys: null },
      { resourceType: 4, resourceName: '1', configurationKeys: ['log.retention.hours'] },
    ],
  })
  expect(results.map((each) => each.errorCode)).toEqual([
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.INVALID_REQUEST,
    ErrorCode.NONE,
  ])
})

test('a malformed request that only the controller may serve harms its own connection alone', async () => {
  const three = await TestCluster.start(3)
  const follower = three.brokerIds.find((id) => !three.broker(id).isController) as number
  const innocent = three.connect(follower)
  const guilty = three.connect(follower)
  const { key } = CreateTopicsApi
  const header = `${hex16(key)}0007000000010001630000`
  const bytes = Buffer.from(`${header}7fffffff`, 'hex')
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  guilty.sendFrame(Buffer.concat([size, bytes]), 1)
  await three.advance(2000)
  expect([guilty.isClosed, innocent.isClosed]).toEqual([true, false])
  expect(three.logged).toEqual([])
  const { brokers } = await three.request(follower, MetadataApi, 12, { topics: [] })
  expect(brokers).toHaveLength(3)
})

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0')
}
