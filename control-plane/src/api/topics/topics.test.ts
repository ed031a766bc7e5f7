import { describe, expect, it } from 'vitest'
import { KafkaAdminError } from '../../kafka/admin.ts'
import { createActiveApi } from '../../testing/active-api.ts'
import { PROVISIONED_REQUEST } from '../../testing/fixtures.ts'
import { createTestApi } from '../../testing/signed-client.ts'

const base64 = (value: string | object) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
const TOPIC = { topicName: 'sales', partitionCount: 3, replicationFactor: 3 }

describe('a topic', () => {
  it('is created, described, changed and deleted', async () => {
    const api = await createActiveApi()
    const created = await api.post('/topics', { ...TOPIC, configs: base64({ 'retention.ms': '1000' }) })
    expect(created.body).toEqual({
      topicArn: expect.stringMatching(/:topic\/orders\/.*-1\/sales$/),
      topicName: 'sales',
      status: 'CREATING',
    })
    const described = await api.get('/topics/sales')
    expect(described.body).toMatchObject({ partitionCount: 3, replicationFactor: 3, status: 'ACTIVE' })
    expect(JSON.parse(Buffer.from(String(described.body.configs), 'base64').toString())).toEqual({
      'retention.ms': '1000',
    })
    const changed = await api.put('/topics/sales', {
      partitionCount: 5,
      configs: base64('retention.ms=2000'),
    })
    expect(changed.body.status).toBe('UPDATING')
    expect(api.kafka.topics.get('sales')?.configs.get('retention.ms')).toBe('2000')
    const page = await api.get('/topics/sales/partitions?maxResults=4')
    expect(page.body.partitions).toHaveLength(4)
    const rest = await api.get(`/topics/sales/partitions?nextToken=${page.body.nextToken}`)
    expect(rest.body.partitions).toEqual([{ partition: 4, leader: 1, replicas: [1, 2, 3], isr: [1, 2, 3] }])
    expect((await api.delete('/topics/sales')).body.status).toBe('DELETING')
    expect((await api.get('/topics/sales')).status).toBe(404)
  })

  it('is listed by prefix, in pages', async () => {
    const api = await createActiveApi()
    for (const topicName of ['b2', 'a1', 'b1', 'b3']) await api.post('/topics', { ...TOPIC, topicName })
    const page = await api.get('/topics?topicNameFilter=b&maxResults=2')
    expect(page.body.topics).toMatchObject([
      { topicName: 'b1', outOfSyncReplicaCount: 0 },
      { topicName: 'b2' },
    ])
    const rest = await api.get(`/topics?topicNameFilter=b&nextToken=${page.body.nextToken}`)
    expect(rest.body.topics).toMatchObject([{ topicName: 'b3' }])
  })

  it.each<[string, object, string]>([
    ['a name of odd characters', { topicName: 'a/b' }, 'topicName'],
    ['too long a name', { topicName: 'x'.repeat(250) }, 'topicName'],
    ['no partitions', { partitionCount: 0 }, 'partitionCount'],
    ['too many replicas', { replicationFactor: 4 }, 'replicationFactor'],
    ['configs that are no JSON', { configs: base64('{') }, 'configs'],
    ['configs that are no lines', { configs: base64('retention') }, 'configs'],
    ['nested configs', { configs: base64({ a: { b: 1 } }) }, 'configs'],
  ])('is refused with %s', async (_what, changes, invalidParameter) => {
    const api = await createActiveApi()
    const { status, body } = await api.post('/topics', { ...TOPIC, ...changes })
    expect([status, body.invalidParameter]).toEqual([400, invalidParameter])
    expect(api.kafka.topics.size).toBe(0)
  })

  it.each<[string, string, number, string]>([
    ['TOPIC_ALREADY_EXISTS', 'TopicExistsException', 409, 'topicName'],
    ['REASSIGNMENT_IN_PROGRESS', 'ReassignmentInProgressException', 409, ''],
    ['NOT_CONTROLLER', 'NotControllerException', 409, ''],
    ['REQUEST_TIMED_OUT', 'KafkaTimeoutException', 409, ''],
    ['UNREACHABLE', 'ClusterConnectivityException', 409, ''],
    ['POLICY_VIOLATION', 'ForbiddenException', 403, ''],
    ['UNKNOWN_SERVER_ERROR', 'KafkaRequestException', 400, ''],
  ])('that Kafka refuses with %s is a %s', async (code, name, status, parameter) => {
    const api = await createActiveApi()
    api.kafka.admin.createTopic = () => Promise.reject(new KafkaAdminError(code, 'Kafka says so'))
    const answer = await api.post('/topics', TOPIC)
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, name])
    expect(answer.body).toEqual({
      message: 'Kafka says so',
      ...(parameter ? { invalidParameter: parameter } : {}),
    })
  })

  it('that is not there is NotFoundException', async () => {
    const api = await createActiveApi()
    const answers = [
      await api.get('/topics/none'),
      await api.get('/topics/none/partitions'),
      await api.put('/topics/none', { partitionCount: 2 }),
      await api.delete('/topics/none'),
    ]
    for (const { status, headers } of answers) {
      expect([status, headers.get('x-amzn-errortype')]).toEqual([404, 'NotFoundException'])
    }
  })

  it('goes back to the cluster’s value of a configuration', async () => {
    const api = await createActiveApi()
    await api.post('/topics', TOPIC)
    const encoded = (text: string) => Buffer.from(text).toString('base64')
    const own = () => api.kafka.topics.get('sales')?.configs
    await api.put('/topics/sales', { configs: encoded('retention.ms=1\nsegment.ms=2\nsegment.bytes=3') })
    await api.put('/topics/sales', { configs: encoded('retention.ms=') })
    expect(own()?.has('retention.ms')).toBe(false)
    await api.put('/topics/sales', { configs: encoded('{"segment.ms": null, "segment.bytes": "4"}') })
    expect([own()?.has('segment.ms'), own()?.get('segment.bytes')]).toEqual([false, '4'])
  })

  it('only gets more partitions, and is not changed by nothing', async () => {
    const api = await createActiveApi()
    await api.post('/topics', TOPIC)
    expect((await api.put('/topics/sales', { partitionCount: 2 })).body.invalidParameter).toBe(
      'partitionCount',
    )
    expect((await api.put('/topics/sales', {})).body.invalidParameter).toBe('configs')
  })

  it('of a cluster that is being created cannot be reached', async () => {
    const { call } = createTestApi()
    const { body } = await call('POST', '/v1/clusters', { clusterName: 'new', ...PROVISIONED_REQUEST })
    const { status } = await call('GET', `/v1/clusters/${encodeURIComponent(String(body.clusterArn))}/topics`)
    expect(status).toBe(409)
  })
})
