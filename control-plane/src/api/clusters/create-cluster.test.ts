import { describe, expect, it } from 'vitest'
import { UnusableSubnet } from '../../fleet/driver.ts'
import { PROVISIONED_REQUEST, SERVERLESS_REQUEST } from '../../testing/fixtures.ts'
import { createTestApi } from '../../testing/signed-client.ts'

const SERVERLESS = { clusterName: 'orders', serverless: SERVERLESS_REQUEST, tags: { team: 'sales' } }
const PROVISIONED = { clusterName: 'orders', ...PROVISIONED_REQUEST }

describe('CreateClusterV2', () => {
  it('answers CREATING at once for a serverless cluster', async () => {
    const { call, clusters } = createTestApi()
    const { status, body, headers } = await call('POST', '/api/v2/clusters', SERVERLESS)
    expect(status).toBe(200)
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(body).toEqual({
      clusterArn: expect.stringMatching(/:cluster\/orders\/[0-9a-f-]{36}-s1$/),
      clusterName: 'orders',
      state: 'CREATING',
      clusterType: 'SERVERLESS',
    })
    const zones = (await clusters.get('orders'))?.brokers.map(({ zone }) => zone)
    expect(zones).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c'])
  })

  it('creates a provisioned cluster too', async () => {
    const { call } = createTestApi()
    const request = { clusterName: 'orders', provisioned: PROVISIONED_REQUEST }
    const { body } = await call('POST', '/api/v2/clusters', request)
    expect(body).toMatchObject({ state: 'CREATING', clusterType: 'PROVISIONED' })
    expect(body.clusterArn).toMatch(/-1$/)
  })

  it('names the parameter when no broker can be placed in a subnet', async () => {
    const { call, fleet } = createTestApi()
    fleet.zonesOf = () => Promise.reject(new UnusableSubnet('The subnet subnet-a does not exist.'))
    const { status, body } = await call('POST', '/v1/clusters', PROVISIONED)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      message: 'The subnet subnet-a does not exist.',
      invalidParameter: 'clientSubnets',
    })
  })

  it.each([
    ['neither kind', { clusterName: 'x' }, 'provisioned'],
    ['both kinds', { ...SERVERLESS, provisioned: PROVISIONED_REQUEST }, 'serverless'],
    ['no name', { serverless: SERVERLESS_REQUEST }, 'clusterName'],
    ['no VPC', { ...SERVERLESS, serverless: { vpcConfigs: [] } }, 'vpcConfigs'],
    ['no vpcConfigs', { ...SERVERLESS, serverless: {} }, 'vpcConfigs'],
    ['one subnet', { ...SERVERLESS, serverless: { vpcConfigs: [{ subnetIds: ['subnet-1'] }] } }, 'subnetIds'],
    ['a subnet twice', withSubnets(['subnet-1', 'subnet-1']), 'subnetIds'],
    ['an odd subnet', withSubnets(['subnet-1', 'vpc-2']), 'subnetIds'],
    ['subnets of the wrong type', withSubnets('subnet-1'), 'subnetIds'],
    ['a number for a subnet', withSubnets(['subnet-1', 2]), 'subnetIds'],
    [
      'no IAM',
      { ...SERVERLESS, serverless: { ...SERVERLESS_REQUEST, clientAuthentication: iam(false) } },
      'clientAuthentication',
    ],
    ['a reserved tag', { ...SERVERLESS, tags: { 'aws:x': 'y' } }, 'tags'],
    ['a tag of the wrong type', { ...SERVERLESS, tags: { x: 1 } }, 'x'],
  ])('refuses %s', async (_what, request, invalidParameter) => {
    const { call, clusters } = createTestApi()
    const answer = await call('POST', '/api/v2/clusters', request)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-amzn-errortype')).toBe('BadRequestException')
    expect(answer.headers.get('x-amzn-requestid')).toBeTruthy()
    expect(answer.body).toEqual({ invalidParameter, message: expect.any(String) })
    expect(await clusters.all()).toEqual([])
  })

  it.each(['', '-orders', 'or_ders', 'or.ders', 'or ders', 'ö', 'x'.repeat(65), 7, null, ['a']])(
    'refuses the name %j',
    async (clusterName) => {
      const { call } = createTestApi()
      const { status, body } = await call('POST', '/api/v2/clusters', { ...SERVERLESS, clusterName })
      expect([status, body.invalidParameter]).toEqual([400, 'clusterName'])
    },
  )

  it.each(['a', '9', 'x'.repeat(64), 'Orders-EU-1', 'a-'])('accepts the name %s', async (clusterName) => {
    const { call } = createTestApi()
    expect((await call('POST', '/api/v2/clusters', { ...SERVERLESS, clusterName })).status).toBe(200)
  })

  it('refuses a name that is taken, of whatever kind', async () => {
    const { call } = createTestApi()
    await call('POST', '/api/v2/clusters', SERVERLESS)
    for (const path of ['/api/v2/clusters', '/v1/clusters']) {
      const { status, headers, body } = await call('POST', path, { ...SERVERLESS, ...PROVISIONED })
      expect([status, headers.get('x-amzn-errortype')]).toEqual([409, 'ConflictException'])
      expect(body.message).toMatch(/^A cluster with the name orders already exists/)
    }
  })

  it('lets one of many simultaneous requests have the name', async () => {
    const { call } = createTestApi()
    const requests = Array.from({ length: 10 }, () => call('POST', '/api/v2/clusters', SERVERLESS))
    const statuses = (await Promise.all(requests)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  })

  it('ignores members that it does not know', async () => {
    const { call } = createTestApi()
    const request = { ...SERVERLESS, futureMember: { a: 1 } }
    expect((await call('POST', '/api/v2/clusters', request)).status).toBe(200)
  })
})

describe('CreateCluster', () => {
  it.each([
    ['4 brokers on 3 subnets', { numberOfBrokerNodes: 4 }, 'numberOfBrokerNodes'],
    ['no brokers', { numberOfBrokerNodes: 0 }, 'numberOfBrokerNodes'],
    ['63 brokers', { numberOfBrokerNodes: 63 }, 'numberOfBrokerNodes'],
    ['half a broker', { numberOfBrokerNodes: 1.5 }, 'numberOfBrokerNodes'],
    ['a count as text', { numberOfBrokerNodes: '3' }, 'numberOfBrokerNodes'],
    ['no version', { kafkaVersion: undefined }, 'kafkaVersion'],
    ['an unknown version', { kafkaVersion: '1.1.1' }, 'kafkaVersion'],
    [
      'a configuration that does not exist',
      { configurationInfo: { arn: 'arn:aws:kafka:x', revision: 1 } },
      'arn',
    ],
    ['an unknown level of monitoring', { enhancedMonitoring: 'ALL' }, 'enhancedMonitoring'],
    ['an unknown storage mode', { storageMode: 'CLOUD' }, 'storageMode'],
    ['no exporter', { openMonitoring: { prometheus: {} } }, 'prometheus'],
    ['one subnet', group({ clientSubnets: ['subnet-a'] }), 'clientSubnets'],
    [
      'four subnets',
      group({ clientSubnets: ['a', 'b', 'c', 'd'].map((x) => `subnet-${x}`) }),
      'clientSubnets',
    ],
    ['a subnet thrice', group({ clientSubnets: ['subnet-a', 'subnet-a', 'subnet-a'] }), 'clientSubnets'],
    ['another instance type', group({ instanceType: 't3.small' }), 'instanceType'],
    ['no instance type', group({ instanceType: undefined }), 'instanceType'],
    ['no storage', group({ storageInfo: { ebsStorageInfo: { volumeSize: 0 } } }), 'volumeSize'],
    [
      'throughput for small brokers',
      group(throughput('kafka.m5.2xlarge', 100, 250)),
      'provisionedThroughput',
    ],
    [
      'throughput for burstable brokers',
      group(throughput('kafka.t3.small', 100, 250)),
      'provisionedThroughput',
    ],
    ['throughput of small volumes', group(throughput('kafka.m5.4xlarge', 9, 250)), 'provisionedThroughput'],
    ['too much throughput', group(throughput('kafka.m7g.2xlarge', 100, 313)), 'provisionedThroughput'],
    ['too much storage', group({ storageInfo: { ebsStorageInfo: { volumeSize: 16385 } } }), 'volumeSize'],
    [
      'express brokers on two subnets',
      {
        ...group({ instanceType: 'express.m7g.large', clientSubnets: ['subnet-a', 'subnet-b'] }),
        numberOfBrokerNodes: 2,
      },
      'clientSubnets',
    ],
    [
      'express brokers with storage',
      group({ instanceType: 'express.m7g.large', storageInfo: {} }),
      'storageInfo',
    ],
    [
      'public access',
      group({ connectivityInfo: { publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } } }),
      'type',
    ],
    [
      'VPC connectivity',
      group({ connectivityInfo: { vpcConnectivity: { clientAuthentication: { tls: { enabled: true } } } } }),
      'tls',
    ],
    [
      'a log group whose name would not fit into the store',
      { loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: 'x'.repeat(300_000) } } } },
      'logGroup',
    ],
    ['no broker group', { brokerNodeGroupInfo: undefined }, 'brokerNodeGroupInfo'],
  ])('refuses %s', async (_what, change, invalidParameter) => {
    const { call, clusters } = createTestApi()
    const { status, headers, body } = await call('POST', '/v1/clusters', { ...PROVISIONED, ...change })
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
    expect(body.invalidParameter).toBe(invalidParameter)
    expect(await clusters.all()).toEqual([])
  })

  it('keeps where the logs of its authorizer are to go', async () => {
    const { call } = createTestApi()
    const s3 = { enabled: true, bucket: 'logs' }
    const loggingInfo = { brokerLogs: { s3 }, authorizerLogs: { s3 } }
    const { body } = await call('POST', '/v1/clusters', { ...PROVISIONED, loggingInfo })
    const described = await call('GET', `/v1/clusters/${encodeURIComponent(String(body.clusterArn))}`)
    expect(described.body.clusterInfo).toMatchObject({ loggingInfo })
  })

  it('names the versions that there are', async () => {
    const { call } = createTestApi()
    const { body } = await call('POST', '/v1/clusters', { ...PROVISIONED, kafkaVersion: '2.1.0' })
    expect(body.message).toMatch(/^Unsupported KafkaVersion \[2\.1\.0\]\. Valid values: \[3\.6\.0, /)
  })

  it('spreads brokers over the zones of the subnets', async () => {
    const { call, clusters } = createTestApi()
    await call('POST', '/v1/clusters', { ...PROVISIONED, numberOfBrokerNodes: 6 })
    const brokers = (await clusters.get('orders'))!.brokers
    expect(brokers.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3, 4, 5, 6])
    expect(brokers.map(({ zone }) => zone.at(-1)).join('')).toBe('abcabc')
    expect(brokers.map(({ clientSubnet }) => clientSubnet?.at(-1)).join('')).toBe('abcabc')
  })
})

function withSubnets(subnetIds: unknown) {
  return { ...SERVERLESS, serverless: { vpcConfigs: [{ subnetIds }] } }
}

function iam(enabled: boolean) {
  return { sasl: { iam: { enabled } } }
}

function throughput(instanceType: string, volumeSize: number, volumeThroughput: number) {
  const provisionedThroughput = { enabled: true, volumeThroughput }
  return { instanceType, storageInfo: { ebsStorageInfo: { volumeSize, provisionedThroughput } } }
}

function group(change: object) {
  return { brokerNodeGroupInfo: { ...PROVISIONED_REQUEST.brokerNodeGroupInfo, ...change } }
}
