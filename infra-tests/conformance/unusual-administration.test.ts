/** Requests of administrators that Kafka's own tools do not make, but others can: the answers are Kafka's. */
import { apiSchemas } from '@freshet/broker/apis'
import { decodeResponse, encodeRequestFrame } from '@freshet/broker/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { useCluster } from './cluster-under-test.ts'

const [UNKNOWN_TOPIC, NOT_COORDINATOR, INVALID_TOPIC, INVALID_GROUP_ID] = [3, 16, 17, 24]
const [TOPIC_ALREADY_EXISTS, INVALID_REQUEST] = [36, 42]
const [MISMATCHED_ENDPOINT_TYPE, UNSUPPORTED_ENDPOINT_TYPE] = [114, 115]
const [TOPIC, GROUP, CLIENT_METRICS] = [2, 32, 16]
const NOT_TOLD = -2147483648
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const NAME = 'orders'

suite('unusual administration', ['java'], () => {
  const cluster = useCluster({ brokers: 3 })
  let client: RawClient

  beforeAll(async () => {
    const address = parseAddress(cluster().bootstrap.split(',')[0]!)
    client = await RawClient.connect(address)
    await client.createTopic({ topic: NAME, partitions: 1 })
    await awaitTopic(address, NAME)
  })
  afterAll(() => client.close())

  test('configurations: no names are all names, and names must be possible ones', async () => {
    const [all] = await describeConfigs(TOPIC, NAME, [])
    expect(all?.configs.length).toBeGreaterThan(20)
    expect(await describeConfigs(TOPIC, 'a b')).toMatchObject([{ errorCode: INVALID_TOPIC, configs: [] }])
    expect(await describeConfigs(TOPIC, 'nothing')).toMatchObject([{ errorCode: UNKNOWN_TOPIC }])
    expect(await describeConfigs(GROUP, '')).toMatchObject([
      { errorCode: INVALID_REQUEST, errorMessage: 'Group name must not be empty' },
    ])
  })

  test('configurations: where those of groups and of client metrics come from', async () => {
    const [group] = await describeConfigs(GROUP, 'readers', ['share.session.timeout.ms'])
    const inherited = { name: 'group.share.session.timeout.ms', value: '45000', source: 5 }
    expect(group?.configs).toMatchObject([{ value: '45000', synonyms: [inherited] }])
    const configs = [{ name: 'interval.ms', configOperation: 0, value: '5000' }]
    await call('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: CLIENT_METRICS, resourceName: 'some', configs }],
      validateOnly: false,
    })
    const own = { name: 'interval.ms', value: '5000', source: 7 }
    await expect
      .poll(async () => (await describeConfigs(CLIENT_METRICS, 'some', ['interval.ms']))[0]?.configs)
      .toMatchObject([{ value: '5000', synonyms: [own] }])
  })

  test('what may be done is told of topics that do not exist, and not of groups that do not', async () => {
    const metadata = await call('Metadata', 12, {
      topics: [{ topicId: NO_ID, name: 'nothing' }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    })
    expect(metadata.topics).toMatchObject([{ errorCode: UNKNOWN_TOPIC, topicAuthorizedOperations: 3576 }])
    for (const [api, version, body] of [
      ['DescribeGroups', 5, { groups: [''] }],
      ['ConsumerGroupDescribe', 1, { groupIds: [''] }],
      ['ShareGroupDescribe', 1, { groupIds: [''] }],
      ['StreamsGroupDescribe', 0, { groupIds: [''] }],
    ] as const) {
      const { groups } = await call(api, version, { ...body, includeAuthorizedOperations: true })
      expect(groups).toMatchObject([{ authorizedOperations: NOT_TOLD }])
      expect(groups).not.toMatchObject([{ errorCode: 0 }])
    }
  })

  test('a group without a name has no coordinator to be asked for', async () => {
    // One of the three coordinates it.
    for (const broker of cluster().brokers) {
      const other = await RawClient.connect({ host: '127.0.0.1', port: broker.port })
      const answer = await call('OffsetDelete', 0, { groupId: '', topics: [] }, other)
      expect(answer.errorCode).not.toBe(NOT_COORDINATOR)
      expect(answer.errorCode).toBe(INVALID_GROUP_ID)
      other.close()
    }
  })

  test('the controllers of a cluster are not asked for at its brokers', async () => {
    for (const [endpointType, errorCode] of [
      [2, MISMATCHED_ENDPOINT_TYPE],
      [3, UNSUPPORTED_ENDPOINT_TYPE],
    ]) {
      const body = { endpointType, includeClusterAuthorizedOperations: true }
      expect(await call('DescribeCluster', 1, body)).toMatchObject({
        ...{ errorCode, endpointType: 1, clusterId: '', brokers: [] },
        clusterAuthorizedOperations: NOT_TOLD,
      })
    }
  })

  test('topics: what is refused has no configurations, and is answered once', async () => {
    const taken = { name: NAME, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const created = await call('CreateTopics', 7, { topics: [taken], timeoutMs: 5000 })
    expect(created.topics).toMatchObject([{ errorCode: TOPIC_ALREADY_EXISTS, configs: [] }])
    const twice = { topicId: NO_ID, name: NAME }
    const deleted = await call('DeleteTopics', 6, { topics: [twice, twice], timeoutMs: 5000 })
    expect(deleted.responses).toMatchObject([{ name: NAME, errorCode: INVALID_REQUEST }])
    const { topics } = await call('DescribeTopicPartitions', 0, {
      topics: [{ name: NAME }],
      cursor: { topicName: NAME, partitionIndex: -1 },
    })
    expect(topics).toMatchObject([{ name: NAME, errorCode: INVALID_REQUEST, partitions: [] }])
  })

  async function describeConfigs(
    resourceType: number,
    resourceName: string,
    configurationKeys: readonly string[] | null = null,
  ): Promise<Answer['results']> {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    return (await call('DescribeConfigs', 4, { resources, includeSynonyms: true })).results
  }

  async function call(
    name: string,
    version: number,
    body: Record<string, unknown>,
    on = client,
  ): Promise<Answer> {
    const api = apiSchemas.find((each) => each.name === name)
    if (api === undefined) throw new Error(`there is no API ${name}`)
    const answer = await on.send((correlationId) =>
      encodeRequestFrame(api, version, { correlationId, clientId: 'test' }, body),
    )
    const answered: Partial<Answer> = decodeResponse(api, version, answer).body
    return { ...NOTHING, ...answered }
  }
})

const NOTHING: Answer = { errorCode: -1, groups: [], topics: [], responses: [], results: [] }

/** What the tests look at; each API has some of it. */
interface Answer {
  readonly errorCode: number
  readonly groups: readonly unknown[]
  readonly topics: readonly unknown[]
  readonly responses: readonly unknown[]
  readonly results: readonly { readonly errorCode: number; readonly configs: readonly unknown[] }[]
}
