import { describe, expect, it } from 'vitest'
import { createActiveApi } from '../../testing/active-api.ts'
import { PROVISIONED_REQUEST } from '../../testing/fixtures.ts'
import { createTestApi } from '../../testing/signed-client.ts'
import { parseServerProperties } from './server-properties.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const REQUEST = { name: 'tuned', serverProperties: base64('num.partitions = 3\n') }
const MISSING = encodeURIComponent(
  'arn:aws:kafka:us-east-1:000000000000:configuration/x/11111111-2222-3333-4444-555555555555-1',
)

describe('a configuration', () => {
  it('lives through its revisions', async () => {
    const { call } = createTestApi()
    const created = await call('POST', '/v1/configurations', REQUEST)
    expect(created.body).toEqual({
      arn: expect.stringMatching(/:configuration\/tuned\/[0-9a-f-]{36}-1$/),
      name: 'tuned',
      state: 'ACTIVE',
      creationTime: '2026-11-21T08:00:00.000Z',
      latestRevision: { revision: 1, description: '', creationTime: '2026-11-21T08:00:00.000Z' },
    })
    const path = `/v1/configurations/${encodeURIComponent(String(created.body.arn))}`
    const update = { description: 'more', serverProperties: base64('num.partitions=4') }
    const revised = await call('PUT', path, update)
    expect(revised.body.latestRevision).toMatchObject({ revision: 2, description: 'more' })
    const first = await call('GET', `${path}/revisions/1`)
    expect(first.body).toMatchObject({ revision: 1, serverProperties: REQUEST.serverProperties })
    const page = await call('GET', `${path}/revisions?maxResults=1`)
    expect(page.body.revisions).toMatchObject([{ revision: 2 }])
    const next = await call('GET', `${path}/revisions?nextToken=${page.body.nextToken}`)
    expect(next.body.revisions).toMatchObject([{ revision: 1 }])
    expect((await call('GET', path)).body).toMatchObject({ name: 'tuned', latestRevision: { revision: 2 } })
    expect((await call('GET', '/v1/configurations')).body.configurations).toHaveLength(1)
    expect((await call('DELETE', path)).body).toMatchObject({ state: 'DELETING' })
    const gone = await call('GET', path)
    expect([gone.status, gone.body.message]).toEqual([400, 'Configuration ARN does not exist'])
  })

  it.each<[string, object, string | undefined]>([
    ['a name of odd characters', { name: 'a_b' }, 'name'],
    ['no name', { name: undefined }, 'name'],
    ['no properties', { serverProperties: undefined }, 'serverProperties'],
    ['properties that are no Base64', { serverProperties: '%%%' }, 'serverProperties'],
    [
      'properties that are no UTF-8',
      { serverProperties: Buffer.from([255]).toString('base64') },
      'serverProperties',
    ],
    ['too many properties', { serverProperties: base64('# x\n'.repeat(4_000)) }, 'serverProperties'],
    ['an unknown property', { serverProperties: base64('log.dirs=/etc') }, 'serverProperties'],
    ['an odd value', { serverProperties: base64('num.partitions=many') }, 'serverProperties'],
    ['an unknown version', { kafkaVersions: ['1.0'] }, 'kafkaVersions'],
  ])('is refused with %s', async (_what, changes, invalidParameter) => {
    const { call } = createTestApi()
    const answer = await call('POST', '/v1/configurations', { ...REQUEST, ...changes })
    expect([answer.status, answer.body.invalidParameter]).toEqual([400, invalidParameter])
    expect((await call('GET', '/v1/configurations')).body.configurations).toEqual([])
  })

  it('has a name of its own', async () => {
    const { call } = createTestApi()
    await call('POST', '/v1/configurations', REQUEST)
    const { status, body } = await call('POST', '/v1/configurations', REQUEST)
    expect([status, body.invalidParameter]).toEqual([409, 'name'])
  })

  it('has at most fifty revisions', async () => {
    const { call } = createTestApi()
    const { body } = await call('POST', '/v1/configurations', REQUEST)
    const path = `/v1/configurations/${encodeURIComponent(String(body.arn))}`
    for (let revision = 2; revision <= 50; revision++)
      expect((await call('PUT', path, REQUEST)).status).toBe(200)
    expect((await call('PUT', path, REQUEST)).status).toBe(400)
  })

  it('is not revised beyond what the store keeps, however long its revisions are', async () => {
    const { call } = createTestApi()
    const { body } = await call('POST', '/v1/configurations', REQUEST)
    const path = `/v1/configurations/${encodeURIComponent(String(body.arn))}`
    // Written as JSON each line's end takes two bytes.
    const long = { description: '\u0001'.repeat(1024), serverProperties: base64('#\n'.repeat(3_500)) }
    let answer = await call('PUT', path, long)
    for (let revision = 2; answer.status === 200 && revision < 50; revision++) {
      answer = await call('PUT', path, long)
    }
    expect([answer.status, answer.body.message]).toEqual([
      400,
      'All revisions of a configuration have at most 240 KiB together.',
    ])
    expect((await call('GET', path)).status).toBe(200)
  })

  it('that a cluster uses cannot be deleted', async () => {
    const { call, put, cluster } = await createActiveApi()
    const { body } = await call('POST', '/v1/configurations', REQUEST)
    const { currentVersion } = await cluster()
    const configurationInfo = { arn: body.arn, revision: 1 }
    expect((await put('/configuration', { currentVersion, configurationInfo })).status).toBe(200)
    const answer = await call('DELETE', `/v1/configurations/${encodeURIComponent(String(body.arn))}`)
    expect([answer.status, answer.body.message]).toEqual([
      400,
      'The configuration is in use by the cluster orders.',
    ])
  })

  it('of a new cluster is what its brokers are told', async () => {
    const { call, clusters } = createTestApi()
    const { body } = await call('POST', '/v1/configurations', REQUEST)
    const request = { clusterName: 'orders', ...PROVISIONED_REQUEST }
    const configurationInfo = { arn: body.arn, revision: 1 }
    const created = await call('POST', '/v1/clusters', { ...request, configurationInfo })
    expect(await clusters.get('orders')).toMatchObject({
      provisioned: { configuration: { ...configurationInfo, serverProperties: { 'num.partitions': '3' } } },
    })
    const arn = encodeURIComponent(String(created.body.clusterArn))
    const described = await call('GET', `/v1/clusters/${arn}`)
    expect(described.body.clusterInfo).toMatchObject({
      currentBrokerSoftwareInfo: { configurationArn: body.arn, configurationRevision: 1 },
    })
    const missing = { ...request, clusterName: 'x', configurationInfo: { arn: body.arn, revision: 2 } }
    expect((await call('POST', '/v1/clusters', missing)).body.invalidParameter).toBe('revision')
  })

  it.each([
    ['GET', `/v1/configurations/${MISSING}`, 'Configuration ARN does not exist'],
    ['DELETE', `/v1/configurations/${MISSING}`, 'Configuration ARN does not exist'],
    ['GET', `/v1/configurations/${MISSING}/revisions`, 'Configuration ARN does not exist'],
    ['GET', '/v1/configurations/nonsense', 'Invalid Configuration ARN.'],
  ])('that is not there is a bad request: %s %s', async (method, path, message) => {
    const { call } = createTestApi()
    const answer = await call(method, path)
    expect([answer.status, answer.body.message]).toEqual([400, message])
  })

  it.each(['0', '7', 'x', '-1'])('has no revision %s', async (revision) => {
    const { call } = createTestApi()
    const { body } = await call('POST', '/v1/configurations', REQUEST)
    const path = `/v1/configurations/${encodeURIComponent(String(body.arn))}/revisions/${revision}`
    expect([400, 404]).toContain((await call('GET', path)).status)
  })
})

describe('server.properties', () => {
  it('are read as Java reads them', () => {
    const text = '# comment\n! another\n\n num.partitions = 3 \r\ncompression.type:zstd\nlog.retention.ms=-1'
    expect(parseServerProperties(text)).toEqual({
      'num.partitions': '3',
      'compression.type': 'zstd',
      'log.retention.ms': '-1',
    })
  })

  it('may limit single listeners', () => {
    const line = 'listener.name.client_iam.max.connections=9000'
    expect(parseServerProperties(line)).toEqual({ 'listener.name.client_iam.max.connections': '9000' })
  })

  it.each([
    'broker.id=7',
    'listeners=PLAINTEXT://:1',
    'num.partitions',
    '=3',
    'compression.type=rar',
    'auto.create.topics.enable=maybe',
    'min.insync.replicas=-2',
    'listener.name.replication.max.connections=1',
    'freshet.coordination.url=sqlite:///etc/passwd',
  ])('refuse %s', (line) => {
    expect(() => parseServerProperties(line)).toThrow()
  })
})
