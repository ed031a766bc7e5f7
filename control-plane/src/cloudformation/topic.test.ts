import { describe, expect, it } from 'vitest'
import { createCustomResources } from '../testing/custom-resources.ts'
import { SERVERLESS_REQUEST } from '../testing/fixtures.ts'

const TOPIC = 'Custom::FreshetTopic'

async function activeTopic() {
  const resources = createCustomResources()
  await resources.call('POST', '/api/v2/clusters', { clusterName: 'events', serverless: SERVERLESS_REQUEST })
  const { clusterArn } = await resources.activate('events')
  const properties = {
    ClusterArn: clusterArn,
    TopicName: 'clicks',
    PartitionCount: '3',
    ReplicationFactor: '3',
    Configs: { 'retention.ms': '1000' },
  }
  const request = resources.create(TOPIC, properties)
  expect(await resources.send(request)).toMatchObject({ status: 'WAITING' })
  const made = await resources.send(request)
  if (made.status !== 'SUCCESS') throw new Error(JSON.stringify(made))
  return { ...resources, properties, made, topicArn: made.physicalResourceId }
}

describe('a topic', () => {
  it('is made once', async () => {
    const { kafka, made } = await activeTopic()
    expect(made).toMatchObject({
      data: { TopicArn: expect.stringMatching(/\/clicks$/), TopicName: 'clicks' },
    })
    expect(kafka.topics.get('clicks')?.configs.get('retention.ms')).toBe('1000')
    expect(kafka.topics.get('clicks')?.partitions).toHaveLength(3)
  })

  it('is not taken over from somebody else', async () => {
    const { send, create, properties } = await activeTopic()
    const outcome = await send(create(TOPIC, properties))
    expect(outcome).toMatchObject({ status: 'FAILED', reason: "Topic 'clicks' already exists." })
  })

  it('gets partitions and configurations', async () => {
    const { send, update, properties, topicArn, kafka } = await activeTopic()
    const changed = { ...properties, PartitionCount: '6', Configs: { 'retention.ms': '2000' } }
    const request = update(TOPIC, topicArn, properties, changed)
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    expect(await send(request)).toMatchObject({ status: 'SUCCESS', physicalResourceId: topicArn })
    expect(kafka.topics.get('clicks')?.partitions).toHaveLength(6)
    expect(kafka.topics.get('clicks')?.configs.get('retention.ms')).toBe('2000')
  })

  it('has the cluster’s value again of a configuration that is no longer named', async () => {
    const { send, update, properties, topicArn, kafka } = await activeTopic()
    const before = { ...properties, Configs: { 'retention.ms': '2000', 'segment.bytes': '1048576' } }
    const first = update(TOPIC, topicArn, properties, before)
    await send(first)
    expect(await send(first)).toMatchObject({ status: 'SUCCESS' })
    const request = update(TOPIC, topicArn, before, {
      ...properties,
      Configs: { 'segment.bytes': '1048576' },
    })
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    expect(await send(request)).toMatchObject({ status: 'SUCCESS' })
    expect([...(kafka.topics.get('clicks')?.configs ?? [])]).toEqual([['segment.bytes', '1048576']])
  })

  it('never loses partitions', async () => {
    const { send, update, properties, topicArn } = await activeTopic()
    const outcome = await send(update(TOPIC, topicArn, properties, { ...properties, PartitionCount: '2' }))
    expect(outcome).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('can only get more') })
  })

  it('with another name is another topic', async () => {
    const { send, update, properties, topicArn, kafka } = await activeTopic()
    const request = update(TOPIC, topicArn, properties, { ...properties, TopicName: 'views' })
    await send(request)
    expect(await send(request)).toMatchObject({ physicalResourceId: expect.stringMatching(/\/views$/) })
    expect([...kafka.topics.keys()].sort()).toEqual(['clicks', 'views'])
  })

  it('is deleted, and is gone with its cluster', async () => {
    const { send, remove, properties, topicArn, call, kafka } = await activeTopic()
    const request = remove(TOPIC, topicArn, properties)
    expect(await send(request)).toMatchObject({ status: 'WAITING' })
    expect(kafka.topics.has('clicks')).toBe(false)
    expect(await send(request)).toMatchObject({ status: 'SUCCESS' })
    await call('DELETE', `/v1/clusters/${encodeURIComponent(properties.ClusterArn)}`)
    expect(await send(remove(TOPIC, topicArn, properties))).toMatchObject({ status: 'SUCCESS' })
  })

  it('waits for its cluster, and fails without one', async () => {
    const { send, create, call } = createCustomResources()
    const created = await call('POST', '/api/v2/clusters', {
      clusterName: 'late',
      serverless: SERVERLESS_REQUEST,
    })
    const properties = { TopicName: 'clicks', PartitionCount: '1', ReplicationFactor: '3' }
    const early = await send(create(TOPIC, { ...properties, ClusterArn: created.body.clusterArn }))
    expect(early).toMatchObject({ status: 'WAITING', reason: expect.stringContaining('CREATING') })
    const arn = 'arn:aws:kafka:us-east-1:000000000000:cluster/none/11111111-2222-3333-4444-555555555555-1'
    expect(await send(create(TOPIC, { ...properties, ClusterArn: arn }))).toMatchObject({ status: 'FAILED' })
  })
})
