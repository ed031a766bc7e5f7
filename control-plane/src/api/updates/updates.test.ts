import { describe, expect, it } from 'vitest'
import { createActiveApi, UNKNOWN_CLUSTER } from '../../testing/active-api.ts'
import { PROVISIONED_REQUEST } from '../../testing/fixtures.ts'

/** Every update: what is recorded, and what is refused without changing anything. */

type Api = Awaited<ReturnType<typeof createActiveApi>>

const UPDATES: readonly (readonly [type: string, method: 'PUT' | 'PATCH', below: string, body: object])[] = [
  ['INCREASE_BROKER_COUNT', 'PUT', '/nodes/count', { targetNumberOfBrokerNodes: 6 }],
  [
    'UPDATE_BROKER_STORAGE',
    'PUT',
    '/nodes/storage',
    { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 200 }] },
  ],
  ['UPDATE_BROKER_TYPE', 'PUT', '/nodes/type', { targetInstanceType: 'kafka.m7g.xlarge' }],
  ['UPDATE_CLUSTER_KAFKA_VERSION', 'PUT', '/version', { targetKafkaVersion: '4.3.x.kraft' }],
  [
    'UPDATE_CONNECTIVITY',
    'PUT',
    '/connectivity',
    { connectivityInfo: { vpcConnectivity: { clientAuthentication: { sasl: { iam: { enabled: true } } } } } },
  ],
  ['UPDATE_MONITORING', 'PUT', '/monitoring', { enhancedMonitoring: 'PER_BROKER' }],
  ['UPDATE_REBALANCING', 'PUT', '/rebalancing', { rebalancing: { status: 'PAUSED' } }],
  [
    'UPDATE_SECURITY',
    'PATCH',
    '/security',
    { clientAuthentication: { sasl: { scram: { enabled: true } }, unauthenticated: { enabled: true } } },
  ],
  ['UPDATE_STORAGE', 'PUT', '/storage', { storageMode: 'TIERED' }],
]

const WITH_IAM = { clientAuthentication: { sasl: { iam: { enabled: true } } } }

describe.each(UPDATES)('%s', (type, method, below, body) => {
  it('is recorded with what it found and what it is to bring, and the cluster is UPDATING', async () => {
    const api = await createActiveApi(WITH_IAM)
    const { currentVersion } = await api.cluster()
    const answer = await api.call(method, api.path + below, { ...body, currentVersion })
    expect(answer.body).toEqual({ clusterArn: api.arn, clusterOperationArn: expect.any(String) })
    const after = await api.cluster()
    expect(after).toMatchObject({ state: 'UPDATING', currentVersion })
    const operationArn = encodeURIComponent(String(answer.body.clusterOperationArn))
    const described = await api.call('GET', `/api/v2/operations/${operationArn}`)
    expect(described.body.clusterOperationInfo).toMatchObject({
      operationType: type,
      operationState: 'PENDING',
      provisioned: { sourceClusterInfo: expect.any(Object), targetClusterInfo: expect.any(Object) },
    })
  })

  it.each<[string, (api: Api) => Promise<{ path?: string; body?: object }>, number, string]>([
    ['a stale currentVersion', async () => ({ body: { currentVersion: 'KSTALE' } }), 400, 'currentVersion'],
    ['no currentVersion', async () => ({ body: { currentVersion: undefined } }), 400, 'currentVersion'],
    ['an unknown cluster', async () => ({ path: `/v1/clusters/${UNKNOWN_CLUSTER}` }), 404, 'clusterArn'],
    ['a malformed ARN', async () => ({ path: '/v1/clusters/none' }), 400, 'clusterArn'],
    ['a serverless cluster', async (api) => ({ path: api.serverlessPath }), 400, 'clusterArn'],
  ])('refuses %s', async (_what, change, status, invalidParameter) => {
    const api = await createActiveApi(WITH_IAM)
    const before = await api.cluster()
    const { path = api.path, body: changes = {} } = await change(api)
    const answer = await api.call(method, path + below, {
      ...body,
      currentVersion: before.currentVersion,
      ...changes,
    })
    expect([answer.status, answer.body.invalidParameter]).toEqual([status, invalidParameter])
    expect(answer.headers.get('x-amzn-requestid')).toBeTruthy()
    expect(await api.cluster()).toEqual(before)
  })

  it('is refused while another update is under way', async () => {
    const api = await createActiveApi(WITH_IAM)
    const { currentVersion } = await api.cluster()
    await api.put('/reboot-broker', { brokerIds: ['1'] })
    const before = await api.cluster()
    const answer = await api.call(method, api.path + below, { ...body, currentVersion })
    expect(answer.body).toMatchObject({ message: expect.stringContaining('REBOOTING_BROKER') })
    expect(await api.cluster()).toEqual(before)
  })
})

it.each<[string, 'PUT' | 'PATCH', string, object, string]>([
  [
    'a count that is no multiple of zones',
    'PUT',
    '/nodes/count',
    { targetNumberOfBrokerNodes: 4 },
    'targetNumberOfBrokerNodes',
  ],
  ['the same count', 'PUT', '/nodes/count', { targetNumberOfBrokerNodes: 3 }, 'targetNumberOfBrokerNodes'],
  ['no brokers at all', 'PUT', '/nodes/count', { targetNumberOfBrokerNodes: 0 }, 'targetNumberOfBrokerNodes'],
  ['too many brokers', 'PUT', '/nodes/count', { targetNumberOfBrokerNodes: 63 }, 'targetNumberOfBrokerNodes'],
  [
    'storage that shrinks',
    'PUT',
    '/nodes/storage',
    { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 50 }] },
    'volumeSizeGB',
  ],
  [
    'storage that stays',
    'PUT',
    '/nodes/storage',
    { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 100 }] },
    'targetBrokerEBSVolumeInfo',
  ],
  [
    'storage of a broker that is not there',
    'PUT',
    '/nodes/storage',
    { targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: '9', volumeSizeGB: 200 }] },
    'kafkaBrokerNodeId',
  ],
  [
    'a broker twice',
    'PUT',
    '/nodes/storage',
    {
      targetBrokerEBSVolumeInfo: [
        { kafkaBrokerNodeId: '1', volumeSizeGB: 200 },
        { kafkaBrokerNodeId: '1', volumeSizeGB: 300 },
      ],
    },
    'targetBrokerEBSVolumeInfo',
  ],
  [
    'All and a broker',
    'PUT',
    '/nodes/storage',
    {
      targetBrokerEBSVolumeInfo: [
        { kafkaBrokerNodeId: 'All', volumeSizeGB: 200 },
        { kafkaBrokerNodeId: '1', volumeSizeGB: 300 },
      ],
    },
    'targetBrokerEBSVolumeInfo',
  ],
  ['too large a volume', 'PUT', '/storage', { volumeSizeGB: 20_000 }, 'volumeSizeGB'],
  [
    'throughput for small brokers',
    'PUT',
    '/storage',
    { provisionedThroughput: { enabled: true } },
    'provisionedThroughput',
  ],
  ['the storage mode that it has', 'PUT', '/storage', { storageMode: 'LOCAL' }, 'storageMode'],
  [
    'the type that it has',
    'PUT',
    '/nodes/type',
    { targetInstanceType: 'kafka.m7g.large' },
    'targetInstanceType',
  ],
  [
    'a type of another family',
    'PUT',
    '/nodes/type',
    { targetInstanceType: 'express.m7g.large' },
    'targetInstanceType',
  ],
  ['an odd type', 'PUT', '/nodes/type', { targetInstanceType: 'huge' }, 'targetInstanceType'],
  ['an older version', 'PUT', '/version', { targetKafkaVersion: '3.9.x' }, 'targetKafkaVersion'],
  ['an unknown version', 'PUT', '/version', { targetKafkaVersion: '9.9.x' }, 'targetKafkaVersion'],
  [
    'a configuration that is not there',
    'PUT',
    '/configuration',
    {
      configurationInfo: {
        arn: 'arn:aws:kafka:us-east-1:000000000000:configuration/x/11111111-2222-3333-4444-555555555555-1',
        revision: 1,
      },
    },
    'arn',
  ],
  [
    'public access',
    'PUT',
    '/connectivity',
    { connectivityInfo: { publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } } },
    'publicAccess',
  ],
  [
    'two kinds of addresses',
    'PUT',
    '/connectivity',
    { connectivityInfo: { networkType: 'DUAL' } },
    'networkType',
  ],
  ['ZooKeeper', 'PUT', '/connectivity', { zookeeperAccess: { enabled: true } }, 'zookeeperAccess'],
  [
    'VPC connectivity for what the cluster does not have',
    'PUT',
    '/connectivity',
    { connectivityInfo: { vpcConnectivity: { clientAuthentication: { tls: { enabled: true } } } } },
    'vpcConnectivity',
  ],
  [
    'another key of the volumes',
    'PATCH',
    '/security',
    { encryptionInfo: { encryptionAtRest: { dataVolumeKMSKeyId: 'arn:aws:kms:x' } } },
    'encryptionAtRest',
  ],
  [
    'another encryption between brokers',
    'PATCH',
    '/security',
    { encryptionInfo: { encryptionInTransit: { inCluster: false } } },
    'inCluster',
  ],
  [
    'SASL without TLS',
    'PATCH',
    '/security',
    {
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'PLAINTEXT' } },
    },
    'clientBroker',
  ],
  [
    'mutual TLS without an authority',
    'PATCH',
    '/security',
    { clientAuthentication: { tls: { enabled: true } } },
    'certificateAuthorityArnList',
  ],
  [
    'no way in at all',
    'PATCH',
    '/security',
    { clientAuthentication: { unauthenticated: { enabled: false } } },
    'unauthenticated',
  ],
  ['security that stays', 'PATCH', '/security', {}, 'clientAuthentication'],
  [
    'an unknown level of monitoring',
    'PUT',
    '/monitoring',
    { enhancedMonitoring: 'ALL' },
    'enhancedMonitoring',
  ],
  ['an empty change of monitoring', 'PUT', '/monitoring', {}, 'enhancedMonitoring'],
  [
    'the rebalancing that it has',
    'PUT',
    '/rebalancing',
    { rebalancing: { status: 'ACTIVE' } },
    'rebalancing',
  ],
])('an update to %s is refused and changes nothing', async (_what, method, below, body, invalidParameter) => {
  const api = await createActiveApi()
  const before = await api.cluster()
  const answer = await api.call(method, api.path + below, { currentVersion: before.currentVersion, ...body })
  expect([answer.status, answer.headers.get('x-amzn-errortype'), answer.body.invalidParameter]).toEqual([
    400,
    'BadRequestException',
    invalidParameter,
  ])
  expect(await api.cluster()).toEqual(before)
})

describe('provisioned throughput', () => {
  it('is told by the operation, and keeps the cluster on brokers that have it', async () => {
    const large = { ...PROVISIONED_REQUEST.brokerNodeGroupInfo, instanceType: 'kafka.m7g.2xlarge' }
    const api = await createActiveApi({ brokerNodeGroupInfo: large })
    const { currentVersion } = await api.cluster()
    const provisionedThroughput = { enabled: true, volumeThroughput: 300 }
    const { body } = await api.put('/storage', { currentVersion, provisionedThroughput })
    expect((await api.cluster()).activeOperation?.update?.target).toMatchObject({
      brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 100, provisionedThroughput }],
    })
    expect(body.clusterArn).toBe(api.arn)
    const storageInfo = { ebsStorageInfo: { volumeSize: 100, provisionedThroughput } }
    const small = await createActiveApi({ brokerNodeGroupInfo: { ...large, storageInfo } })
    const refused = await small.put('/nodes/type', {
      currentVersion: (await small.cluster()).currentVersion,
      targetInstanceType: 'kafka.m7g.xlarge',
    })
    expect([refused.status, refused.body.invalidParameter]).toEqual([400, 'targetInstanceType'])
  })
})

describe('RebootBroker', () => {
  it('takes one broker of the cluster', async () => {
    const api = await createActiveApi()
    const { body } = await api.put('/reboot-broker', { brokerIds: ['2'] })
    expect(body).toEqual({ clusterArn: api.arn, clusterOperationArn: expect.any(String) })
    expect(await api.cluster()).toMatchObject({
      state: 'REBOOTING_BROKER',
      activeOperation: { operationType: 'REBOOT_NODE', update: { restart: [2] } },
    })
  })

  it.each([[[]], [['1', '2']], [['9']], [['x']], [undefined]])('refuses %j', async (brokerIds) => {
    const api = await createActiveApi()
    const { status, body } = await api.put('/reboot-broker', { brokerIds })
    expect([status, body.invalidParameter]).toEqual([400, 'brokerIds'])
  })
})

describe('UpdateRebalancing while partitions move', () => {
  it('takes effect at once, beside the operation that moves them', async () => {
    const api = await createActiveApi()
    const { currentVersion } = await api.cluster()
    await api.put('/nodes/count', { currentVersion, targetNumberOfBrokerNodes: 6 })
    const cluster = await api.cluster()
    const steps = cluster.activeOperation!.steps.map((step) =>
      step.stepName === 'REBALANCE_PARTITIONS' || step.stepName === 'FINALIZE_UPDATE'
        ? step
        : { ...step, stepStatus: 'COMPLETED' as const },
    )
    await api.clusters.update(cluster, (newest) => ({
      ...newest,
      activeOperation: { ...newest.activeOperation!, steps },
    }))
    const paused = await api.put('/rebalancing', { currentVersion, rebalancing: { status: 'PAUSED' } })
    expect(paused.status).toBe(200)
    expect(await api.cluster()).toMatchObject({
      state: 'UPDATING',
      provisioned: { rebalancing: { status: 'PAUSED' } },
      activeOperation: {
        operationType: 'INCREASE_BROKER_COUNT',
        update: { specification: { numberOfBrokerNodes: 6, rebalancing: { status: 'PAUSED' } } },
      },
    })
    const { body } = await api.get('/operations')
    expect(body.clusterOperationInfoList).toContainEqual(
      expect.objectContaining({ operationType: 'UPDATE_REBALANCING', operationState: 'UPDATE_COMPLETE' }),
    )
    const stale = await api.put('/rebalancing', { currentVersion: 'K', rebalancing: { status: 'ACTIVE' } })
    expect(stale.body.invalidParameter).toBe('currentVersion')
  })
})

it('takes the youngest broker of each zone away', async () => {
  const api = await createActiveApi({ numberOfBrokerNodes: 9 })
  const { currentVersion } = await api.cluster()
  await api.put('/nodes/count', { currentVersion, targetNumberOfBrokerNodes: 6 })
  const { brokers } = await api.cluster()
  const leaving = brokers.filter(({ membership }) => membership === 'LEAVING')
  expect(leaving.map(({ brokerId }) => brokerId)).toEqual([7, 8, 9])
})
