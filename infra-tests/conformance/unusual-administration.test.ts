/** Requests of administrators that Kafka's own tools do not make, but others can: the answers are Kafka's. */
import { apiSchemas } from '@freshet/broker/apis'
import { decodeResponse, encodeRequestFrame } from '@freshet/broker/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awaitTopic, parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const [UNKNOWN_TOPIC, NOT_COORDINATOR, INVALID_TOPIC, INVALID_GROUP_ID] = [3, 16, 17, 24]
const [TOPIC_ALREADY_EXISTS, INVALID_REQUEST, INVALID_UPDATE_VERSION] = [36, 42, 95]
const [MISMATCHED_ENDPOINT_TYPE, UNSUPPORTED_ENDPOINT_TYPE] = [114, 115]
const [TOPIC, BROKER, GROUP, CLIENT_METRICS] = [2, 4, 32, 16]
const NOT_TOLD = -2147483648
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const NAME = 'orders'

suite('unusual administration', ['java'], () => {
  const cluster = useCluster({ brokers: 3, properties: { 'log.retention.hours': '72' } })
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

  test('configurations: another unit is a synonym only behind the one that has the same', async () => {
    const hours = (source: number, value: string) => ({ name: 'log.retention.hours', value, source })
    const described = async (type: number, name: string, key: string) =>
      (await describeConfigs(type, name, [key]))[0]?.configs
    const topic = { name: uniqueName('created'), numPartitions: 1, replicationFactor: 1 }
    const created = await call('CreateTopics', 7, {
      topics: [{ ...topic, assignments: [], configs: [] }],
      timeoutMs: 5000,
    })
    const retention = { name: 'retention.ms', value: '259200000', configSource: 4 }
    expect(created.topics).toMatchObject([
      { configs: expect.arrayContaining([expect.objectContaining(retention)]) },
    ])
    const unset = { value: '259200000', configSource: 5, synonyms: [] }
    expect(await described(TOPIC, NAME, 'retention.ms')).toMatchObject([unset])
    const setting = { name: 'log.retention.ms', configOperation: 0, value: '5000000' }
    await call('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: BROKER, resourceName: '', configs: [setting] }],
      validateOnly: false,
    })
    const own = { name: 'log.retention.ms', value: '5000000', source: 3 }
    const synonyms = [own, hours(4, '72'), hours(5, '168')]
    const set = { value: '5000000', configSource: 3, synonyms }
    await expect.poll(() => described(TOPIC, NAME, 'retention.ms')).toMatchObject([set])
    expect(await described(BROKER, '1', 'log.retention.ms')).toMatchObject([set])
  })

  test('features: one that is refused refuses all of them', async () => {
    const update = async (version: number, updates: readonly (readonly [string, number, number])[]) => {
      const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType]) => ({
        ...{ feature, maxVersionLevel, upgradeType },
      }))
      return await call('UpdateFeatures', version, { featureUpdates, validateOnly: true })
    }
    const done = (feature: string) => ({ feature, errorCode: 0, errorMessage: 'NONE' })
    const [transactions, groups] = ['transaction.version', 'group.version'] as const
    expect(
      await update(1, [
        [transactions, 1, 2],
        [groups, 1, 1],
      ]),
    ).toMatchObject({ errorCode: 0, errorMessage: null, results: [done(transactions), done(groups)] })
    for (const [level, type, feature, reason] of [
      [7, 1, groups, /^Local controller \d only supports versions 0-1$/],
      [1, 1, 'none', /^Local controller \d does not support this feature\.$/],
      [0, 1, 'none', /^Feature none not found\.$/],
      [-1, 2, groups, /^A feature version cannot be less than 0\.$/],
      [0, 9, groups, /^The controller does not support the given upgrade type\.$/],
      [0, 1, groups, /^Can't downgrade the version of this feature without setting the upgrade type to /],
    ] as const) {
      for (const version of [1, 2]) {
        const answer = await update(version, [
          [transactions, 2, 1],
          [feature, level, type],
        ])
        expect(answer).toMatchObject({ errorCode: INVALID_UPDATE_VERSION, results: [] })
        const prefix = 'The update failed for all features since the following feature had an error: '
        const which = `Invalid update version ${level} for feature ${feature}. `
        expect(answer.errorMessage?.slice(0, prefix.length + which.length)).toBe(prefix + which)
        expect(answer.errorMessage?.slice(prefix.length + which.length)).toMatch(reason)
      }
    }
  })

  test('elections of an unknown type are refused partition by partition, all partitions mean all topics', async () => {
    const topicPartitions = [{ topic: NAME, partitions: [0, 9] }]
    const refused = (partitionId: number) => ({
      ...{ partitionId, errorCode: INVALID_REQUEST, errorMessage: 'Unknown election type 2' },
    })
    const partitionResult = [refused(0), refused(9)]
    const elect = (electionType: number, partitions: unknown) =>
      call('ElectLeaders', 2, { electionType, topicPartitions: partitions })
    expect(await elect(2, topicPartitions)).toMatchObject({
      errorCode: INVALID_REQUEST,
      replicaElectionResults: [{ topic: NAME, partitionResult }],
    })
    expect(await elect(2, null)).toMatchObject({ errorCode: INVALID_REQUEST, replicaElectionResults: [] })
    expect(await elect(2, [])).toMatchObject({ errorCode: 0, replicaElectionResults: [] })
    const all = await elect(0, null)
    expect(all).toMatchObject({ errorCode: 0 })
    expect(all.replicaElectionResults).toContainEqual({ topic: NAME, partitionResult: [] })
  })

  test('producers of topics that do not exist', async () => {
    const answer = async (name: string) =>
      (await call('DescribeProducers', 0, { topics: [{ name, partitionIndexes: [0] }] })).topics
    expect(await answer('nothing')).toMatchObject([
      {
        partitions: [
          { errorCode: UNKNOWN_TOPIC, errorMessage: 'This server does not host this topic-partition.' },
        ],
      },
    ])
    const errorMessage =
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    expect(await answer('a b')).toMatchObject([
      { partitions: [{ errorCode: INVALID_TOPIC, errorMessage, activeProducers: [] }] },
    ])
  })

  test('only the metadata has a quorum, which is asked for alone', async () => {
    const metadata = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }
    const ask = (topics: readonly unknown[]) => call('DescribeQuorum', 2, { topics })
    const { nodes } = await ask([metadata])
    expect(nodes.length).toBeGreaterThan(0)
    const errorMessage = 'This server does not host this topic-partition.'
    const refused = { errorCode: UNKNOWN_TOPIC, errorMessage, leaderId: 0, currentVoters: [] }
    for (const topics of [
      [{ ...metadata, topicName: NAME }],
      [{ ...metadata, partitions: [{ partitionIndex: 1 }] }],
      [metadata, { ...metadata, topicName: NAME }],
    ]) {
      const answer = await ask(topics)
      expect(answer).toMatchObject({ errorCode: 0, nodes: [] })
      expect(answer.topics).toMatchObject(topics.map(() => ({ partitions: [refused] })))
    }
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

const NOTHING: Answer = {
  errorCode: -1,
  errorMessage: null,
  groups: [],
  nodes: [],
  replicaElectionResults: [],
  responses: [],
  results: [],
  topics: [],
}

/** What the tests look at; each API has some of it. */
interface Answer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly groups: readonly unknown[]
  readonly nodes: readonly unknown[]
  readonly replicaElectionResults: readonly unknown[]
  readonly topics: readonly unknown[]
  readonly responses: readonly unknown[]
  readonly results: readonly { readonly errorCode: number; readonly configs: readonly unknown[] }[]
}
