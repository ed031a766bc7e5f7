import { describe, expect, it } from 'vitest'
import { withBrokers } from '../model/cluster.ts'
import { newUuid } from '../model/identifiers.ts'
import { NOW, PROVISIONED_REQUEST } from '../testing/fixtures.ts'
import { createTestApi, makeActive } from '../testing/signed-client.ts'

/** Cluster operations, nodes, Kafka versions and tags. */

describe('cluster operations', () => {
  it('are listed and described in both versions while they run', async () => {
    const { call, arn, operationArn } = await setUp()
    const v1 = await call('GET', `/v1/clusters/${arn}/operations`)
    expect(v1.body.clusterOperationInfoList).toEqual([
      expect.objectContaining({
        operationArn,
        operationType: 'CREATE_CLUSTER',
        operationState: 'PENDING',
        creationTime: '2026-11-21T08:00:00.000Z',
      }),
    ])
    const v2 = await call('GET', `/api/v2/clusters/${arn}/operations`)
    expect(v2.body.clusterOperationInfoList).toEqual([
      expect.objectContaining({
        operationArn,
        clusterType: 'PROVISIONED',
        startTime: '2026-11-21T08:00:00.000Z',
      }),
    ])
    const steps = expect.arrayContaining([
      { stepName: 'WAIT_FOR_BROKERS', stepInfo: { stepStatus: 'PENDING' } },
    ])
    const one = encodeURIComponent(operationArn)
    const described = await call('GET', `/v1/operations/${one}`)
    expect(described.body.clusterOperationInfo).toMatchObject({ operationArn, operationSteps: steps })
    const describedV2 = await call('GET', `/api/v2/operations/${one}`)
    expect(describedV2.body.clusterOperationInfo).toMatchObject({ provisioned: { operationSteps: steps } })
  })

  it.each(['/v1/operations/', '/api/v2/operations/'])(
    'tell an unknown ARN from a malformed one: %s',
    async (path) => {
      const { call, operationArn } = await setUp()
      const other = operationArn.replace(/[0-9a-f-]{36}$/, '11111111-2222-3333-4444-555555555555')
      const unknown = await call('GET', `${path}${encodeURIComponent(other)}`)
      expect([unknown.status, unknown.headers.get('x-amzn-errortype')]).toEqual([404, 'NotFoundException'])
      const malformed = await call('GET', `${path}nonsense`)
      expect([malformed.status, malformed.body.invalidParameter]).toEqual([400, 'clusterOperationArn'])
    },
  )

  it('come in pages', async () => {
    const { call, arn, past } = await setUp()
    for (const startTime of ['2026-11-20', '2026-11-18', '2026-11-19']) await past(startTime)
    const first = await call('GET', `/api/v2/clusters/${arn}/operations?maxResults=3`)
    expect((first.body.clusterOperationInfoList as { startTime: string }[]).map((o) => o.startTime)).toEqual([
      '2026-11-21T08:00:00.000Z',
      '2026-11-20',
      '2026-11-19',
    ])
    const rest = await call('GET', `/api/v2/clusters/${arn}/operations?nextToken=${first.body.nextToken}`)
    expect(rest.body.clusterOperationInfoList).toHaveLength(1)
    expect(rest.body).not.toHaveProperty('nextToken')
    const forged = `nextToken=${Buffer.from('next:unknown').toString('base64url')}`
    expect((await call('GET', `/api/v2/clusters/${arn}/operations?${forged}`)).status).toBe(400)
  })

  it('are found when they have ended, however many there were since', async () => {
    const { call, past } = await setUp()
    const oldest = await past('2026-11-01')
    for (let index = 0; index < 120; index++) await past(new Date(NOW - index * 60_000).toISOString())
    const { body } = await call('GET', `/v1/operations/${encodeURIComponent(oldest)}`)
    expect(body.clusterOperationInfo).toMatchObject({ operationArn: oldest, creationTime: '2026-11-01' })
  })

  it('are kept for ninety days', async () => {
    const { call, arn, past } = await setUp()
    for (let index = 0; index < 25; index++) await past('2026-08-01')
    await past('2026-08-26')
    for (let index = 1; index <= 3; index++) await past(`2026-11-2${index}`)
    const { body } = await call('GET', `/v1/clusters/${arn}/operations`)
    const times = (body.clusterOperationInfoList as { creationTime: string }[]).map((o) => o.creationTime)
    expect(times.toSorted()).toEqual([
      '2026-08-26',
      '2026-11-21',
      '2026-11-21T08:00:00.000Z',
      '2026-11-22',
      '2026-11-23',
    ])
  })
})

describe('ListNodes', () => {
  it('shows brokers with endpoint, subnet and version, in pages', async () => {
    const { call, clusters, arn } = await setUp()
    await makeActive(clusters, 'orders')
    const { body } = await call('GET', `/v1/clusters/${arn}/nodes?maxResults=2`)
    const nodes = body.nodeInfoList as object[]
    expect(nodes).toHaveLength(2)
    expect(nodes[0]).toEqual({
      nodeType: 'BROKER',
      nodeARN: expect.stringMatching(/^arn:aws:kafka:us-east-1:000000000000:broker\/orders\/.*\/1$/),
      instanceType: 'kafka.m7g.large',
      addedToClusterTime: '2026-11-21T08:00:00.000Z',
      brokerNodeInfo: {
        brokerId: 1,
        clientSubnet: 'subnet-a',
        clientVpcIpAddress: '127.0.0.1',
        endpoints: ['127.0.0.1:19092'],
        currentBrokerSoftwareInfo: { kafkaVersion: '4.1.x.kraft' },
      },
    })
    const rest = await call('GET', `/v1/clusters/${arn}/nodes?nextToken=${body.nextToken}`)
    expect(rest.body.nodeInfoList).toMatchObject([{ brokerNodeInfo: { brokerId: 3 } }])
  })

  it('tells when each broker came', async () => {
    const { call, clusters, arn } = await setUp()
    const addedToClusterTime = '2026-10-01T00:00:00.000Z'
    const { currentVersion } = (await clusters.update(await makeActive(clusters, 'orders'), (cluster) =>
      withBrokers(cluster, (broker) => ({ ...broker, addedToClusterTime })),
    ))!
    const update = { currentVersion, targetNumberOfBrokerNodes: 6 }
    expect((await call('PUT', `/v1/clusters/${arn}/nodes/count`, update)).status).toBe(200)
    const { body } = await call('GET', `/v1/clusters/${arn}/nodes`)
    const [first, , , , , last] = body.nodeInfoList as object[]
    expect(first).toMatchObject({ addedToClusterTime })
    expect(last).toMatchObject({ addedToClusterTime: '2026-11-21T08:00:00.000Z' })
  })
})

describe('Kafka versions', () => {
  it('are listed with their status', async () => {
    const { call } = await setUp()
    const { body } = await call('GET', '/v1/kafka-versions')
    expect(body.kafkaVersions).toContainEqual({ version: '4.1.x.kraft', status: 'ACTIVE' })
    const page = await call('GET', '/v1/kafka-versions?maxResults=2')
    expect(page.body.kafkaVersions).toHaveLength(2)
    expect(page.body.nextToken).toEqual(expect.any(String))
  })

  it('may only go up', async () => {
    const { call, arn } = await setUp()
    const all = await call('GET', '/v1/compatible-kafka-versions')
    expect(all.body.compatibleKafkaVersions).toContainEqual({
      sourceVersion: '4.2.x',
      targetVersions: ['4.3.x', '4.3.x.kraft'],
    })
    const one = await call('GET', `/v1/compatible-kafka-versions?clusterArn=${arn}`)
    expect(one.body.compatibleKafkaVersions).toEqual([
      { sourceVersion: '4.1.x.kraft', targetVersions: ['4.2.x', '4.2.x.kraft', '4.3.x', '4.3.x.kraft'] },
    ])
    expect((await call('GET', '/v1/compatible-kafka-versions?clusterArn=x')).status).toBe(400)
  })
})

describe('tags', () => {
  it('are added, replaced, listed and removed, with empty answers of 204', async () => {
    const { call, arn } = await setUp()
    const tags = { team: 'sales', 'cost center': '42' }
    const added = await call('POST', `/v1/tags/${arn}`, { tags })
    expect([added.status, added.body]).toEqual([204, {}])
    await call('POST', `/v1/tags/${arn}`, { tags: { team: 'ops', x: '' } })
    expect((await call('GET', `/v1/tags/${arn}`)).body).toEqual({
      tags: { team: 'ops', 'cost center': '42', x: '' },
    })
    const removed = await call('DELETE', `/v1/tags/${arn}?tagKeys=cost%20center&tagKeys=x&tagKeys=unknown`)
    expect(removed.status).toBe(204)
    const { body } = await call('GET', `/api/v2/clusters/${arn}`)
    expect(body.clusterInfo).toMatchObject({ tags: { team: 'ops' } })
  })

  it('have any name that a tag may have', async () => {
    const { call, arn } = await setUp()
    const tags = Object.fromEntries(['__proto__', 'constructor', 'toString'].map((key) => [key, key]))
    expect((await call('POST', `/v1/tags/${arn}`, { tags })).status).toBe(204)
    expect(Object.entries((await call('GET', `/v1/tags/${arn}`)).body.tags ?? {})).toEqual(
      Object.entries(tags),
    )
    expect((await call('DELETE', `/v1/tags/${arn}?tagKeys=__proto__`)).status).toBe(204)
    const left = (await call('GET', `/v1/tags/${arn}`)).body.tags ?? {}
    expect(Object.keys(left)).toEqual(['constructor', 'toString'])
  })

  it('do not change the version of the cluster', async () => {
    const { call, clusters, arn } = await setUp()
    const before = (await clusters.get('orders'))?.currentVersion
    await call('POST', `/v1/tags/${arn}`, { tags: { a: 'b' } })
    expect((await clusters.get('orders'))?.currentVersion).toBe(before)
  })

  it('are at most fifty altogether', async () => {
    const { call, arn } = await setUp()
    const many = (from: number) =>
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${from + i}`, '']))
    expect((await call('POST', `/v1/tags/${arn}`, { tags: many(0) })).status).toBe(204)
    const tooMany = await call('POST', `/v1/tags/${arn}`, { tags: many(100) })
    expect([tooMany.status, tooMany.body.invalidParameter]).toEqual([400, 'tags'])
    expect((await call('POST', `/v1/tags/${arn}`, {})).status).toBe(400)
    expect((await call('DELETE', `/v1/tags/${arn}`)).status).toBe(400)
  })

  it('belong to things that exist', async () => {
    const { call, arn } = await setUp()
    const configuration = arn.replace('%3Acluster%2F', '%3Aconfiguration%2F')
    expect((await call('GET', `/v1/tags/${configuration}`)).status).toBe(404)
  })
})

async function setUp() {
  const api = createTestApi()
  await api.call('POST', '/v1/clusters', { clusterName: 'orders', ...PROVISIONED_REQUEST })
  const cluster = (await api.clusters.get('orders'))!
  const active = cluster.activeOperation!
  const { clusterArn, clusterType } = cluster
  /** An operation that began then, and has ended. */
  const past = async (startTime: string) => {
    const operationUuid = newUuid()
    const operationArn = active.operationArn.replace(active.operationUuid, operationUuid)
    const operation = { ...active, operationUuid, operationArn, startTime, endTime: startTime }
    await api.clusters.putOperation(cluster, { clusterArn, clusterType, operation })
    return operationArn
  }
  return { ...api, arn: encodeURIComponent(clusterArn), operationArn: active.operationArn, past }
}
