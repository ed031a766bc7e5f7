import { describe, expect, it } from 'vitest'
import { createActiveApi } from '../testing/active-api.ts'

/** SCRAM secrets, cluster policy and VPC connections. */

const SCRAM = { clientAuthentication: { sasl: { scram: { enabled: true } } } }
const secret = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:000000000000:secret:AmazonMSK_${name}-abcdef`

describe('SCRAM secrets', () => {
  it('are as many as the store keeps, however long their names are', async () => {
    const api = await createActiveApi(SCRAM)
    const long = (index: number) => secret(`${index}-${'x'.repeat(495)}`)
    let answer = await api.post('/scram-secrets', { secretArnList: [long(0)] })
    for (let batch = 0; answer.status === 200 && batch < 100; batch++) {
      const secretArnList = Array.from({ length: 10 }, (_, index) => long(batch * 10 + index))
      answer = await api.post('/scram-secrets', { secretArnList })
    }
    expect([answer.status, answer.body.invalidParameter]).toEqual([400, 'secretArnList'])
    expect((await api.get('/scram-secrets')).body.secretArnList).toHaveLength(100)
  })

  it('are associated, listed in pages and disassociated', async () => {
    const api = await createActiveApi(SCRAM)
    const secretArnList = ['c', 'a', 'b', 'a'].map(secret)
    const associated = await api.post('/scram-secrets', { secretArnList })
    expect(associated.body).toEqual({ clusterArn: api.arn, unprocessedScramSecrets: [] })
    const page = await api.get('/scram-secrets?maxResults=2')
    expect(page.body.secretArnList).toEqual([secret('a'), secret('b')])
    const rest = await api.get(`/scram-secrets?nextToken=${page.body.nextToken}`)
    expect(rest.body.secretArnList).toEqual([secret('c')])
    const gone = await api.patch('/scram-secrets', { secretArnList: [secret('a'), secret('x')] })
    expect(gone.body.unprocessedScramSecrets).toMatchObject([{ secretArn: secret('x') }])
    expect((await api.get('/scram-secrets')).body.secretArnList).toEqual([secret('b'), secret('c')])
  })

  it('that are none are told one by one; the others are taken', async () => {
    const api = await createActiveApi(SCRAM)
    const other = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other-abcdef'
    const { body } = await api.post('/scram-secrets', { secretArnList: [other, secret('a')] })
    expect(body.unprocessedScramSecrets).toMatchObject([
      { secretArn: other, errorCode: 'INVALID_SECRET_ARN' },
    ])
    expect((await api.get('/scram-secrets')).body.secretArnList).toEqual([secret('a')])
  })

  it.each([[[]], [Array.from({ length: 11 }, (_, index) => secret(`s${index}`))], ['x'], [undefined]])(
    'are refused as %j',
    async (secretArnList) => {
      const api = await createActiveApi(SCRAM)
      expect((await api.post('/scram-secrets', { secretArnList })).body.invalidParameter).toBe(
        'secretArnList',
      )
    },
  )

  it('need a cluster that has SCRAM', async () => {
    const api = await createActiveApi()
    expect((await api.post('/scram-secrets', { secretArnList: [secret('a')] })).status).toBe(400)
  })
})

describe('a cluster policy', () => {
  const policy = (action: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: '*' }],
    })

  it('is put, read, replaced under its version and deleted', async () => {
    const api = await createActiveApi()
    expect((await api.get('/policy')).headers.get('x-amzn-errortype')).toBe('NotFoundException')
    const first = await api.put('/policy', { policy: policy('kafka:A') })
    const { currentVersion } = first.body
    expect((await api.get('/policy')).body).toEqual({ policy: policy('kafka:A'), currentVersion })
    const stale = await api.put('/policy', { policy: policy('kafka:B'), currentVersion: 'KSTALE' })
    expect(stale.body.invalidParameter).toBe('currentVersion')
    const second = await api.put('/policy', { policy: policy('kafka:B'), currentVersion })
    expect(second.body.currentVersion).not.toBe(currentVersion)
    expect((await api.delete('/policy')).status).toBe(200)
    expect((await api.delete('/policy')).status).toBe(404)
  })

  it.each([
    '',
    '{',
    '{}',
    '[]',
    JSON.stringify({ Version: '2012-10-17', Statement: [] }),
    'x'.repeat(20_481),
  ])('is refused: %#', async (text) => {
    const api = await createActiveApi()
    expect((await api.put('/policy', { policy: text })).body.invalidParameter).toBe('policy')
    expect((await api.get('/policy')).status).toBe(404)
  })
})

describe('VPC connections', () => {
  const request = (targetClusterArn: string) => ({
    targetClusterArn,
    authentication: 'SASL_IAM',
    vpcId: 'vpc-1',
    clientSubnets: ['subnet-a'],
    securityGroups: ['sg-a'],
    tags: { team: 'sales' },
  })

  it('are created, described, listed by both sides, tagged, rejected and deleted', async () => {
    const api = await connected()
    const { body } = await api.call('POST', '/v1/vpc-connection', request(api.arn))
    expect(body).toMatchObject({ state: 'AVAILABLE', vpcId: 'vpc-1', clientSubnets: ['subnet-a'] })
    const path = `/v1/vpc-connection/${encodeURIComponent(String(body.vpcConnectionArn))}`
    expect((await api.call('GET', path)).body).toMatchObject({
      targetClusterArn: api.arn,
      subnets: ['subnet-a'],
    })
    const listed = await api.call('GET', '/v1/vpc-connections')
    expect(listed.body.vpcConnections).toMatchObject([{ vpcConnectionArn: body.vpcConnectionArn }])
    const clients = await api.get('/client-vpc-connections')
    // The network is the affair of whoever connects.
    expect(clients.body.clientVpcConnections).toEqual([
      {
        vpcConnectionArn: body.vpcConnectionArn,
        owner: '000000000000',
        authentication: 'SASL_IAM',
        state: 'AVAILABLE',
        creationTime: '2026-11-21T08:00:00.000Z',
      },
    ])
    const tags = `/v1/tags/${encodeURIComponent(String(body.vpcConnectionArn))}`
    await api.call('POST', tags, { tags: { stage: 'test' } })
    expect((await api.call('GET', tags)).body.tags).toEqual({ team: 'sales', stage: 'test' })
    await api.put('/client-vpc-connection', { vpcConnectionArn: body.vpcConnectionArn })
    expect((await api.call('GET', path)).body.state).toBe('REJECTED')
    expect((await api.call('DELETE', path)).body.state).toBe('DELETING')
    expect((await api.call('GET', path)).status).toBe(404)
  })

  it.each<[string, object, string]>([
    ['another authentication', { authentication: 'TLS' }, 'authentication'],
    ['an unknown authentication', { authentication: 'NONE' }, 'authentication'],
    ['no subnet', { clientSubnets: [] }, 'clientSubnets'],
    ['an odd VPC', { vpcId: 'x' }, 'vpcId'],
    ['a malformed cluster', { targetClusterArn: 'x' }, 'targetClusterArn'],
  ])('are refused with %s', async (_what, changes, invalidParameter) => {
    const api = await connected()
    const { status, body } = await api.call('POST', '/v1/vpc-connection', { ...request(api.arn), ...changes })
    expect([status, body.invalidParameter]).toEqual([400, invalidParameter])
    expect((await api.call('GET', '/v1/vpc-connections')).body.vpcConnections).toEqual([])
  })

  async function connected() {
    const api = await createActiveApi({ clientAuthentication: { sasl: { iam: { enabled: true } } } })
    await api.clusters.update(await api.cluster(), (cluster) => {
      if (cluster.clusterType !== 'PROVISIONED') return cluster
      const { brokerNodeGroupInfo: group } = cluster.provisioned
      const off = { enabled: false }
      const clientAuthentication = { sasl: { scram: off, iam: { enabled: true } }, tls: off }
      const connectivityInfo = { ...group.connectivityInfo, vpcConnectivity: { clientAuthentication } }
      return {
        ...cluster,
        provisioned: { ...cluster.provisioned, brokerNodeGroupInfo: { ...group, connectivityInfo } },
      }
    })
    return api
  }
})
