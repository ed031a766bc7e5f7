import { describe, expect, it } from 'vitest'
import { PROVISIONED_REQUEST, SERVERLESS_REQUEST } from '../testing/fixtures.ts'
import { createTestApi, makeActive } from '../testing/signed-client.ts'

const SERVERLESS = { clusterName: 'orders', serverless: SERVERLESS_REQUEST, tags: { team: 'sales' } }
const PROVISIONED = { clusterName: 'orders', ...PROVISIONED_REQUEST }
const UNKNOWN = encodeURIComponent(
  'arn:aws:kafka:us-east-1:000000000000:cluster/orders/11111111-2222-3333-4444-555555555555-s1',
)

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
    ['18 brokers', { numberOfBrokerNodes: 18 }, 'numberOfBrokerNodes'],
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
    ['no broker group', { brokerNodeGroupInfo: undefined }, 'brokerNodeGroupInfo'],
  ])('refuses %s', async (_what, change, invalidParameter) => {
    const { call, clusters } = createTestApi()
    const { status, headers, body } = await call('POST', '/v1/clusters', { ...PROVISIONED, ...change })
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
    expect(body.invalidParameter).toBe(invalidParameter)
    expect(await clusters.all()).toEqual([])
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

describe('DescribeCluster', () => {
  it('shows a provisioned cluster with every member that Terraform compares', async () => {
    const { call, clusters } = createTestApi()
    const { body } = await call('POST', '/v1/clusters', PROVISIONED)
    const active = await makeActive(clusters, 'orders')
    const arn = encodeURIComponent(active.clusterArn)
    const v1 = (await call('GET', `/v1/clusters/${arn}`)).body.clusterInfo as Record<string, unknown>
    expect(v1).toEqual({
      clusterArn: body.clusterArn,
      clusterName: 'orders',
      creationTime: '2026-11-21T08:00:00.000Z',
      currentVersion: expect.stringMatching(/^K[A-Z0-9]{13}$/),
      state: 'ACTIVE',
      tags: {},
      brokerNodeGroupInfo: {
        brokerAZDistribution: 'DEFAULT',
        clientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
        instanceType: 'kafka.m7g.large',
        securityGroups: [],
        storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
        connectivityInfo: {
          publicAccess: { type: 'DISABLED' },
          networkType: 'IPV4',
          vpcConnectivity: {
            clientAuthentication: {
              sasl: { scram: { enabled: false }, iam: { enabled: false } },
              tls: { enabled: false },
            },
          },
        },
      },
      currentBrokerSoftwareInfo: { kafkaVersion: '4.1.x.kraft' },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      enhancedMonitoring: 'DEFAULT',
      numberOfBrokerNodes: 3,
      openMonitoring: {
        prometheus: { jmxExporter: { enabledInBroker: false }, nodeExporter: { enabledInBroker: false } },
      },
      rebalancing: { status: 'PAUSED' },
      storageMode: 'LOCAL',
    })
    const v2 = (await call('GET', `/api/v2/clusters/${arn}`)).body.clusterInfo as Record<string, unknown>
    expect(v2.clusterType).toBe('PROVISIONED')
    expect(v1).toMatchObject(v2.provisioned as object)
  })

  it('keeps what the request said', async () => {
    const { call } = createTestApi()
    const given = {
      clientAuthentication: { sasl: { scram: { enabled: true } }, unauthenticated: { enabled: true } },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKMSKeyId: 'alias/mine' },
        encryptionInTransit: { clientBroker: 'TLS_PLAINTEXT', inCluster: false },
      },
      loggingInfo: { brokerLogs: { s3: { enabled: true, bucket: 'logs', prefix: 'p/' } } },
      enhancedMonitoring: 'PER_BROKER',
      storageMode: 'TIERED',
    }
    const created = await call('POST', '/v1/clusters', { ...PROVISIONED, ...given, tags: { a: 'b' } })
    const { body } = await call('GET', `/v1/clusters/${encodeURIComponent(String(created.body.clusterArn))}`)
    expect(body.clusterInfo).toMatchObject({ ...given, tags: { a: 'b' } })
  })

  it('shows a serverless cluster in version 2 only', async () => {
    const { call } = createTestApi()
    const created = await call('POST', '/api/v2/clusters', SERVERLESS)
    const arn = encodeURIComponent(String(created.body.clusterArn))
    const { body } = await call('GET', `/api/v2/clusters/${arn}`)
    expect(body.clusterInfo).toMatchObject({
      clusterType: 'SERVERLESS',
      state: 'CREATING',
      tags: { team: 'sales' },
      activeOperationArn: expect.stringContaining(':cluster-operation/orders/'),
      serverless: { ...SERVERLESS_REQUEST, connectivityInfo: { networkType: 'IPV4' } },
    })
    for (const path of [`/v1/clusters/${arn}`, `/v1/clusters/${arn}/nodes`]) {
      const { status, headers } = await call('GET', path)
      expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
    }
  })

  it.each([
    '/v1/clusters/*',
    '/api/v2/clusters/*',
    '/v1/clusters/*/bootstrap-brokers',
    '/v1/clusters/*/nodes',
    '/v1/clusters/*/operations',
    '/api/v2/clusters/*/operations',
    '/v1/tags/*',
  ])('and its like tell an unknown ARN from a malformed one: GET %s', async (path) => {
    const { call } = createTestApi()
    await call('POST', '/api/v2/clusters', SERVERLESS)
    const unknown = await call('GET', path.replace('*', UNKNOWN))
    expect([unknown.status, unknown.headers.get('x-amzn-errortype')]).toEqual([404, 'NotFoundException'])
    const malformed = await call('GET', path.replace('*', 'orders'))
    expect([malformed.status, malformed.headers.get('x-amzn-errortype')]).toEqual([
      400,
      'BadRequestException',
    ])
  })
})

describe('ListClusters', () => {
  it('filters by the beginning of the name and by type, in order of names', async () => {
    const { call } = createTestApi()
    for (const clusterName of ['orders-b', 'orders-a', 'billing']) {
      await call('POST', '/api/v2/clusters', { ...SERVERLESS, clusterName })
    }
    await call('POST', '/v1/clusters', { ...PROVISIONED, clusterName: 'orders-p' })
    const names = async (target: string) => {
      const { body } = await call('GET', target)
      return (body.clusterInfoList as { clusterName: string }[]).map(({ clusterName }) => clusterName)
    }
    expect(await names('/api/v2/clusters')).toEqual(['billing', 'orders-a', 'orders-b', 'orders-p'])
    expect(await names('/api/v2/clusters?clusterNameFilter=orders-')).toEqual([
      'orders-a',
      'orders-b',
      'orders-p',
    ])
    expect(await names('/api/v2/clusters?clusterTypeFilter=PROVISIONED')).toEqual(['orders-p'])
    expect(await names('/api/v2/clusters?clusterTypeFilter=serverless&clusterNameFilter=b')).toEqual([
      'billing',
    ])
    expect(await names('/v1/clusters')).toEqual(['orders-p'])
    expect(await names('/api/v2/clusters?clusterNameFilter=none')).toEqual([])
  })

  it('pages through all clusters once, even if one goes away in between', async () => {
    const { call, clusters } = createTestApi()
    for (let index = 10; index < 20; index++) {
      await call('POST', '/api/v2/clusters', { ...SERVERLESS, clusterName: `c${index}` })
    }
    const seen: string[] = []
    let token = ''
    for (let page = 0; page < 4; page++) {
      const { body } = await call('GET', `/api/v2/clusters?maxResults=3${token}`)
      seen.push(...(body.clusterInfoList as { clusterName: string }[]).map(({ clusterName }) => clusterName))
      if (page === 0) await clusters.forget((await clusters.get('c12'))!)
      token = body.nextToken === undefined ? '' : `&nextToken=${encodeURIComponent(String(body.nextToken))}`
      expect(token === '').toBe(page === 3)
    }
    expect(seen).toEqual(['c10', 'c11', 'c12', 'c13', 'c14', 'c15', 'c16', 'c17', 'c18', 'c19'])
  })

  it.each([
    'maxResults=0',
    'maxResults=101',
    'maxResults=x',
    'maxResults=-1',
    'nextToken=abc',
    'nextToken=',
    'clusterTypeFilter=BIG',
  ])('refuses %s', async (query) => {
    const { call } = createTestApi()
    const { status, body } = await call('GET', `/api/v2/clusters?${query}`)
    expect([status, body.invalidParameter]).toEqual([400, query.split('=')[0]])
  })
})

describe('GetBootstrapBrokers', () => {
  it('waits for the cluster, then gives the plaintext string and nothing that does not exist', async () => {
    const { call, clusters } = createTestApi()
    const created = await call('POST', '/api/v2/clusters', SERVERLESS)
    const target = `/v1/clusters/${encodeURIComponent(String(created.body.clusterArn))}/bootstrap-brokers`
    const early = await call('GET', target)
    expect([early.status, early.headers.get('x-amzn-errortype')]).toEqual([409, 'ConflictException'])
    await makeActive(clusters, 'orders')
    const bootstrapBrokerString = '127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094'
    expect((await call('GET', target)).body).toEqual({ bootstrapBrokerString })
  })
})

describe('DeleteCluster', () => {
  it('flips to DELETING at once and can be watched', async () => {
    const { call, clusters } = createTestApi()
    await call('POST', '/api/v2/clusters', SERVERLESS)
    const { clusterArn, currentVersion } = await makeActive(clusters, 'orders')
    const arn = encodeURIComponent(clusterArn)
    const deleted = await call('DELETE', `/v1/clusters/${arn}?currentVersion=${currentVersion}`)
    expect(deleted).toMatchObject({ status: 200, body: { clusterArn, state: 'DELETING' } })
    const { body } = await call('GET', `/api/v2/clusters/${arn}`)
    expect(body.clusterInfo).toMatchObject({ state: 'DELETING' })
    expect((await call('GET', `/v1/clusters/${arn}/bootstrap-brokers`)).status).toBe(409)
    expect((await call('POST', '/api/v2/clusters', SERVERLESS)).status).toBe(409)
  })

  it('refuses another version, and a cluster that is busy', async () => {
    const { call, clusters } = createTestApi()
    const created = await call('POST', '/api/v2/clusters', SERVERLESS)
    const target = `/v1/clusters/${encodeURIComponent(String(created.body.clusterArn))}`
    expect((await call('DELETE', target)).body).toMatchObject({
      message: expect.stringContaining('CREATING'),
    })
    await makeActive(clusters, 'orders')
    const stale = await call('DELETE', `${target}?currentVersion=KOLD`)
    expect([stale.status, stale.body.invalidParameter]).toEqual([400, 'currentVersion'])
    expect((await clusters.get('orders'))?.state).toBe('ACTIVE')
    expect((await call('DELETE', `/v1/clusters/${UNKNOWN}`)).status).toBe(404)
  })
})

function withSubnets(subnetIds: unknown) {
  return { ...SERVERLESS, serverless: { vpcConfigs: [{ subnetIds }] } }
}

function iam(enabled: boolean) {
  return { sasl: { iam: { enabled } } }
}

function group(change: object) {
  return { brokerNodeGroupInfo: { ...PROVISIONED_REQUEST.brokerNodeGroupInfo, ...change } }
}
