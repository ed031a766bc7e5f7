import { describe, expect, it } from 'vitest'
import { createLogger } from '../log.ts'
import { updated, withOperation } from '../model/cluster.ts'
import { newCurrentVersion } from '../model/identifiers.ts'
import { createActiveApi } from '../testing/active-api.ts'
import { NOW, PROVISIONED_REQUEST, SERVERLESS_REQUEST } from '../testing/fixtures.ts'
import {
  AGENT_TOKEN,
  answerOf,
  type ClientOptions,
  createTestApi,
  makeActive,
} from '../testing/signed-client.ts'
import { MAX_BODY_BYTES } from './app.ts'
import { createClusterBody } from './clusters/cluster-schemas.ts'
import { parseBody } from './http/validation.ts'

const ARN = encodeURIComponent(
  'arn:aws:kafka:us-east-1:000000000000:cluster/orders/11111111-2222-3333-4444-555555555555-1',
)

describe('authentication', () => {
  it.each<[string, ClientOptions, number, string]>([
    ['a wrong secret', { secret: 'wrong' }, 403, 'InvalidSignatureException'],
    ['an unknown key', { accessKeyId: 'AKIAEXAMPLE' }, 403, 'UnrecognizedClientException'],
    ['the development key from elsewhere', { peerAddress: '10.0.0.7' }, 403, 'UnrecognizedClientException'],
    ['an old signature', { signedAtMs: NOW - 301_000 }, 403, 'InvalidSignatureException'],
    ['a signature of the future', { signedAtMs: NOW + 301_000 }, 403, 'InvalidSignatureException'],
  ])('refuses %s', async (_what, options, status, code) => {
    const { call } = createTestApi()
    const answer = await call('GET', '/v1/clusters', undefined, options)
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, code])
    expect(answer.body.message).toEqual(expect.any(String))
  })

  it('refuses requests without a signature, also to unknown paths', async () => {
    const { app } = createTestApi()
    for (const path of ['/v1/clusters', '/nothing']) {
      const { status, headers } = await answerOf(await app.request(path))
      expect([status, headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationTokenException'])
    }
  })

  it('accepts an issued key from any peer', async () => {
    const { call, accessKeys } = createTestApi()
    const { accessKeyId, secretAccessKey } = await accessKeys.issue(NOW)
    const options = { accessKeyId, secret: secretAccessKey, peerAddress: '10.0.0.7' }
    expect((await call('GET', '/v1/clusters', undefined, options)).status).toBe(200)
  })
})

describe('a request that is sent again, signature and all', () => {
  const create = { clusterName: 'orders', ...PROVISIONED_REQUEST }

  it('creates nothing twice', async () => {
    const { call, clusters } = createTestApi()
    expect((await call('POST', '/v1/clusters', create)).status).toBe(200)
    const made = await clusters.all()
    expect((await call('POST', '/v1/clusters', create)).status).toBe(409)
    expect(await clusters.all()).toEqual(made)
  })

  it('changes nothing twice, not even when the first change has ended', async () => {
    const api = await createActiveApi()
    const { currentVersion } = await api.cluster()
    const update = { currentVersion, enhancedMonitoring: 'PER_BROKER' }
    expect((await api.put('/monitoring', update)).status).toBe(200)
    expect((await api.put('/monitoring', update)).body.message).toContain('UPDATING')
    const after = await api.clusters.update(await api.cluster(), (cluster) =>
      withOperation(updated(cluster, newCurrentVersion()), undefined),
    )
    const again = await api.put('/monitoring', update)
    expect([again.status, again.body.invalidParameter]).toEqual([400, 'currentVersion'])
    expect(await api.cluster()).toEqual(after)
  })

  it('deletes no later cluster of the same name', async () => {
    const api = await createActiveApi()
    expect((await api.delete('')).status).toBe(200)
    await api.clusters.forget(await api.cluster())
    await api.call('POST', '/v1/clusters', create)
    await makeActive(api.clusters, 'orders')
    expect((await api.delete('')).status).toBe(404)
    expect(await api.cluster()).toMatchObject({ state: 'ACTIVE' })
  })
})

it('logs what it refuses with the id that the client is told', async () => {
  const lines: string[] = []
  const { call } = createTestApi(createLogger((line) => lines.push(line), Date.now))
  const { headers } = await call('GET', '/v1/clusters/none')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      requestId: headers.get('x-amzn-requestid'),
      code: 'BadRequestException',
      method: 'GET',
      path: '/v1/clusters/none',
    },
  ])
})

it('tells with each operation which request began it', async () => {
  const api = await createActiveApi()
  const { currentVersion } = await api.cluster()
  const begun = await api.put('/nodes/count', { currentVersion, targetNumberOfBrokerNodes: 6 })
  const operation = encodeURIComponent(String(begun.body.clusterOperationArn))
  const { body } = await api.call('GET', `/v1/operations/${operation}`)
  expect(body.clusterOperationInfo).toMatchObject({
    clientRequestId: begun.headers.get('x-amzn-requestid'),
  })
})

it('takes a member that is null for one that is not there', async () => {
  const { call } = createTestApi()
  const created = await call('POST', '/v1/clusters', {
    clusterName: 'orders',
    ...PROVISIONED_REQUEST,
    tags: null,
    encryptionInfo: { encryptionAtRest: null, encryptionInTransit: { clientBroker: null } },
  })
  expect(created.status).toBe(200)
  expect((await call('POST', '/v1/clusters', { ...PROVISIONED_REQUEST, clusterName: null })).status).toBe(400)
})

describe('an operation', () => {
  it.each([
    ['POST', '/replication/v1/replicators', 'CreateReplicator'],
    ['POST', `/v1/clusters/${ARN}/channels`, 'CreateChannel'],
  ])('of MSK that is missing is answered by name: %s %s', async (method, path, name) => {
    const { call } = createTestApi()
    const { status, headers, body } = await call(method, path, method === 'GET' ? undefined : {})
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
    expect(body.message).toContain(name)
  })

  it.each([
    ['GET', '/replication/v1/replicators/arn'],
    ['DELETE', '/replication/v1/replicators/arn'],
    ['PUT', '/replication/v1/replicators/arn/replication-info'],
    ['GET', `/v1/clusters/${ARN}/channels/arn`],
    ['PUT', `/v1/clusters/${ARN}/channels/arn`],
    ['DELETE', `/v1/clusters/${ARN}/channels/arn`],
  ])('on what nobody can have made finds nothing: %s %s', async (method, path) => {
    const { call } = createTestApi()
    const { status, headers } = await call(method, path, method === 'PUT' ? {} : undefined)
    expect([status, headers.get('x-amzn-errortype')]).toEqual([404, 'NotFoundException'])
  })

  it('that lists what nobody can have made gives an empty list, so that an inventory goes on', async () => {
    const { call } = createTestApi()
    const created = await call('POST', '/v1/clusters', { ...PROVISIONED_REQUEST, clusterName: 'orders' })
    const channels = `/v1/clusters/${encodeURIComponent(String(created.body.clusterArn))}/channels`
    expect((await call('GET', '/replication/v1/replicators')).body).toEqual({ replicators: [] })
    expect((await call('GET', channels)).body).toEqual({ channels: [] })
    expect((await call('GET', `/v1/clusters/${ARN}/channels`)).status).toBe(404)
  })

  it.each([
    ['GET', '/v1/nothing'],
    ['PATCH', '/v1/clusters'],
    ['GET', '/'],
    ['GET', `/v1/clusters/${ARN}/topics/`],
    ['GET', '/api/v2/clusters/'],
  ])('that does not exist is unknown: %s %s', async (method, path) => {
    const { call } = createTestApi()
    const { status, headers } = await call(method, path, method === 'GET' ? undefined : {})
    expect([status, headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException'])
  })
})

describe('a request body', () => {
  it('of invalid UTF-8 is a bad request', () => {
    expect(() => parseBody(createClusterBody, Buffer.from('7b22ff223a317d', 'hex'))).toThrow('not valid JSON')
  })

  it.each(['', '{', 'null', '[]', '"x"', '\u0000'])('of %j is a bad request', async (text) => {
    const { call } = createTestApi()
    const { status, headers } = await call('POST', '/v1/clusters', text)
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException'])
  })

  it('beyond a mebibyte is refused, announced or not, before the signature is looked at', async () => {
    const { app } = createTestApi()
    const tooLarge = await app.request('/v1/clusters', {
      method: 'POST',
      body: 'x'.repeat(MAX_BODY_BYTES + 1),
    })
    expect([tooLarge.status, tooLarge.headers.get('x-amzn-errortype')]).toEqual([
      413,
      'RequestEntityTooLargeException',
    ])
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
    const streamed = new Request('http://x/v1/clusters', { method: 'POST', body: endless, duplex: 'half' })
    expect((await app.request(streamed)).status).toBe(413)
  })
})

describe('GET /health', () => {
  it('needs no signature and shows parts and clusters', async () => {
    const { app, call, clusters } = createTestApi()
    expect(await (await app.request('/health')).json()).toMatchObject({ status: 'ok', clusters: [] })
    await call('POST', '/api/v2/clusters', { clusterName: 'orders', serverless: SERVERLESS_REQUEST })
    const { clusterArn } = await makeActive(clusters, 'orders')
    expect(await (await app.request('/health')).json()).toEqual({
      status: 'degraded',
      parts: {
        coordination: { status: 'ok' },
        reconciler: { status: 'ok', leader: true, operations: 0, passMs: 0 },
        fleet: { status: 'ok', hosts: 0, failedHosts: [] },
        agents: {
          status: 'degraded',
          message: 'no agent has called for these hosts',
          silentHosts: ['h-1', 'h-2', 'h-3'],
        },
      },
      clusters: [
        {
          name: 'orders',
          arn: clusterArn,
          state: 'ACTIVE',
          bootstrapBrokers: '127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094',
        },
      ],
    })
  })
})

describe('the agents’ path', () => {
  const sync = (
    app: ReturnType<typeof createTestApi>['app'],
    hostId: string,
    body: unknown,
    token = AGENT_TOKEN,
  ) =>
    app.request(`/internal/hosts/${hostId}/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })

  it('needs the token, and knows its hosts', async () => {
    const { app, call, clusters } = createTestApi()
    await call('POST', '/api/v2/clusters', { clusterName: 'orders', serverless: SERVERLESS_REQUEST })
    await makeActive(clusters, 'orders')
    const report = { revision: 0, waitMs: 0, units: [] }
    expect((await sync(app, 'h-1', report, 'wrong')).status).toBe(401)
    expect((await app.request('/internal/hosts/h-1/sync', { method: 'POST' })).status).toBe(401)
    expect((await sync(app, 'h-9', report)).status).toBe(404)
    expect((await sync(app, 'h-1', { revision: 'x' })).status).toBe(400)
    const answer = await sync(app, 'h-1', report)
    expect(await answer.json()).toMatchObject({ revision: expect.any(Number), units: [{ brokerId: 1 }] })
  })

  it('is no way around the signature', async () => {
    const { app } = createTestApi()
    const headers = { authorization: `Bearer ${AGENT_TOKEN}` }
    expect((await app.request('/v1/clusters', { headers })).status).toBe(400)
  })
})

it('hides what went wrong inside, and gives a number to look it up by', async () => {
  const { call, documents } = createTestApi()
  documents.list = () => Promise.reject(new Error('secret detail'))
  const { status, headers, body } = await call('GET', '/v1/clusters')
  expect([status, headers.get('x-amzn-errortype')]).toEqual([500, 'InternalServerErrorException'])
  expect(headers.get('x-amzn-requestid')).toBeTruthy()
  expect(JSON.stringify(body)).not.toContain('secret detail')
})
