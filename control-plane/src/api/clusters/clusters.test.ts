import { describe, expect, it } from 'vitest'
import { PROVISIONED_REQUEST, SERVERLESS_REQUEST } from '../../testing/fixtures.ts'
import { createTestApi, makeActive } from '../../testing/signed-client.ts'

const SERVERLESS = { clusterName: 'orders', serverless: SERVERLESS_REQUEST, tags: { team: 'sales' } }
const PROVISIONED = { clusterName: 'orders', ...PROVISIONED_REQUEST }
const UNKNOWN = encodeURIComponent(
  'arn:aws:kafka:us-east-1:000000000000:cluster/orders/11111111-2222-3333-4444-555555555555-s1',
)

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
      rebalancing: { status: 'ACTIVE' },
      customerActionStatus: 'NONE',
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
      brokerNodeGroupInfo: {
        ...PROVISIONED_REQUEST.brokerNodeGroupInfo,
        instanceType: 'kafka.m5.4xlarge',
        zoneIds: ['use1-az1', 'use1-az2', 'use1-az4'],
        storageInfo: {
          ebsStorageInfo: {
            volumeSize: 10,
            provisionedThroughput: { enabled: true, volumeThroughput: 593 },
          },
        },
      },
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

  it.each(['a b', 'ä', '%00', '%zz', '..', 'clusters/', 'x'.repeat(2_000)])(
    'finds nothing whose name begins with %j',
    async (prefix) => {
      const { call } = createTestApi()
      await call('POST', '/api/v2/clusters', SERVERLESS)
      const { status, body } = await call('GET', `/api/v2/clusters?clusterNameFilter=${encodeURI(prefix)}`)
      expect([status, body]).toEqual([200, { clusterInfoList: [] }])
      const raw = await call('GET', `/api/v2/clusters?clusterNameFilter=${prefix.replace('ä', '%C3%A4')}`)
      expect(raw.status).toBe(200)
    },
  )

  it('takes no token that names something else than a cluster', async () => {
    const { call } = createTestApi()
    for (const name of ['c1', 'c2'])
      await call('POST', '/api/v2/clusters', { ...SERVERLESS, clusterName: name })
    const { body } = await call('GET', '/api/v2/clusters?maxResults=1')
    const [list] = Buffer.from(String(body.nextToken), 'base64url').toString().split(' ')
    const forged = Buffer.from(`${list} ${'x'.repeat(1_000)}`).toString('base64url')
    const answer = await call('GET', `/api/v2/clusters?maxResults=1&nextToken=${forged}`)
    expect([answer.status, answer.body.invalidParameter]).toEqual([400, 'nextToken'])
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
