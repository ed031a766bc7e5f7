import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/uuid.ts'
import { offsetsTopic } from '../internal-topics.ts'
import { ConfigResourceType } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'
import { hostOf } from './assignments.ts'
import type { CreatableTopic } from './create-topics.ts'

function threeZones(properties: Readonly<Record<string, string>> = {}): TestCluster {
  const cluster = new TestCluster(properties)
  for (const id of [1, 2, 3]) cluster.start(id, `zone-${id}`)
  return cluster
}

const configs = (name: string, value: string | null) => ({ configs: [{ name, value }] })

describe('creating topics', () => {
  it('takes the defaults of the brokers, leads on every broker, and tells the configs', () => {
    const cluster = threeZones({ 'num.partitions': '6', 'log.retention.hours': '2' })
    const created = cluster.create('orders', configs('segment.ms', '5000'))
    expect(created).toMatchObject({
      errorCode: 0,
      errorMessage: null,
      numPartitions: 6,
      replicationFactor: 1,
    })
    expect(created.topicId).toBe(cluster.image.topics.get('orders')?.topicId)
    const value = (name: string) => created.configs.find((config) => config.name === name)
    expect(value('segment.ms')).toMatchObject({ value: '5000', source: 1 })
    expect(value('retention.ms')).toMatchObject({ value: '7200000', source: 4 })
    expect(value('segment.bytes')).toMatchObject({ value: '1073741824', source: 5 })
    const leaders = cluster.image.topics.get('orders')!.partitions.map(({ leader }) => leader)
    expect(leaders.toSorted()).toEqual([1, 1, 2, 2, 3, 3])
    expect(cluster.partition('orders', 0)).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 })
  })

  it('spreads topics of one partition over the brokers, also within one request', () => {
    const cluster = threeZones()
    const topics = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (name): CreatableTopic => ({
        name,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      }),
    )
    cluster.send('createTopics', { topics, validateOnly: false })
    expect([1, 2, 3].map((id) => cluster.image.load(id).preferredLeaders)).toEqual([2, 2, 2])
  })

  it('changes nothing when it only validates', () => {
    const cluster = threeZones()
    expect(cluster.create('orders', { validateOnly: true })).toMatchObject({ errorCode: 0, numPartitions: 1 })
    expect(cluster.image.topics.size).toBe(0)
    expect(cluster.create('a b', { validateOnly: true }).errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  it('follows a manual assignment', () => {
    const cluster = threeZones()
    const assignments = [
      { partitionIndex: 1, brokerIds: [3] },
      { partitionIndex: 0, brokerIds: [2] },
    ]
    expect(cluster.create('orders', { assignments })).toMatchObject({ errorCode: 0, numPartitions: 2 })
    expect([0, 1].map((id) => cluster.partition('orders', id).replicas)).toEqual([[2], [3]])
  })

  it('accepts names of 249 characters', () => {
    expect(threeZones().create('x'.repeat(249)).errorCode).toBe(0)
  })

  it.each([
    ['an empty name', '', {}, 17, 'the empty string is not allowed'],
    ['a dot', '.', {}, 17, "'.' is not allowed"],
    ['two dots', '..', {}, 17, "'..' is not allowed"],
    ['250 characters', 'x'.repeat(250), {}, 17, 'is longer than the max allowed length 249'],
    [
      'a space',
      'a b',
      {},
      17,
      "contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    ['a collision', 'old_topic', {}, 17, "Topic 'old_topic' collides with existing topic: old.topic"],
    ['the metadata topic', '__cluster_metadata', {}, 42, 'prohibited'],
    ['an existing name', 'old.topic', {}, 36, "Topic 'old.topic' already exists."],
    [
      'no partitions',
      't',
      { numPartitions: 0 },
      37,
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'too many partitions',
      't',
      { numPartitions: 10_001 },
      44,
      'Excessively large number of partitions per request.',
    ],
    ['no replicas', 't', { replicationFactor: 0 }, 38, 'Replication factor must be larger than 0'],
    [
      'more replicas than brokers',
      't',
      { replicationFactor: 4 },
      38,
      'Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because ' +
        'only 3 broker(s) are registered.',
    ],
    [
      'a bad value',
      't',
      configs('retention.ms', 'abc'),
      40,
      'Invalid value abc for configuration retention.ms: Not a number of type LONG',
    ],
    ['an unknown config', 't', configs('nope', '1'), 40, 'Unknown topic config name: nope'],
    [
      'lags of compaction that contradict each other',
      't',
      {
        configs: [
          { name: 'min.compaction.lag.ms', value: '10' },
          { name: 'max.compaction.lag.ms', value: '5' },
        ],
      },
      40,
      'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
    ],
    [
      'a null value',
      't',
      configs('retention.ms', null),
      40,
      'Null value not supported for topic configs: retention.ms',
    ],
    [
      'what is not there yet',
      't',
      configs('remote.storage.enable', 'true'),
      40,
      'remote.storage.enable to true: tiered storage is not available yet',
    ],
  ])('refuses %s', (_, name, options, code, message) => {
    const cluster = threeZones()
    cluster.create('old.topic')
    const { offset } = cluster.image
    const refused = cluster.create(name, options)
    expect(refused).toMatchObject({
      errorCode: code,
      topicId: ZERO_UUID,
      numPartitions: -1,
      replicationFactor: -1,
    })
    expect(refused.errorMessage).toContain(message)
    expect(cluster.image.offset).toBe(offset)
  })

  const on = (...brokerIds: number[]) => ({ partitionIndex: 0, brokerIds })
  it.each([
    [
      'a replication factor beside',
      { assignments: [on(1)], replicationFactor: 1 },
      42,
      'replication factor was not set to -1',
    ],
    ['a count beside', { assignments: [on(1)], numPartitions: 1 }, 42, 'numPartitions was not set to -1'],
    ['no brokers', { assignments: [on()] }, 39, 'includes an empty replica list'],
    [
      'an unknown broker',
      { assignments: [on(9)] },
      39,
      'includes broker 9, but no such broker is registered',
    ],
    ['a broker twice', { assignments: [on(1, 1)] }, 39, 'includes the broker 1 more than once'],
    [
      'a partition twice',
      { assignments: [on(1), on(2)] },
      39,
      'multiple manual partition assignments for partition 0',
    ],
    [
      'a gap',
      { assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      39,
      'consecutive 0-based integer sequence',
    ],
    [
      'uneven replicas',
      { assignments: [on(1), { partitionIndex: 1, brokerIds: [1, 2] }] },
      39,
      'a partition with 2 replica(s)',
    ],
    ['a fenced broker', { assignments: [on(3)] }, 39, 'are fenced or in controlled shutdown'],
  ])('refuses an assignment with %s', (_, options, code, message) => {
    const cluster = threeZones()
    cluster.fence(3)
    const refused = cluster.create('orders', options)
    expect(refused.errorCode).toBe(code)
    expect(refused.errorMessage).toContain(message)
  })

  it.each([
    ['placed', { replicationFactor: 3 }],
    ['assigned', { assignments: [on(3, 1, 2)] }],
  ])('starts %s replicas in sync if they live, led by the first of them', (_, options) => {
    const cluster = threeZones()
    cluster.fence(3)
    expect(cluster.create('orders', options)).toMatchObject({ errorCode: 0, replicationFactor: 3 })
    const { replicas, isr, leader } = cluster.partition('orders')
    expect([...replicas].sort()).toEqual([1, 2, 3])
    expect(isr).toEqual(replicas.filter((id) => id !== 3))
    expect(leader).toBe(isr[0])
  })

  it('spreads replicas over the hosts that brokers advertise', () => {
    const cluster = new TestCluster()
    const hosts = ['shared.example', 'shared.example', 'other.example']
    hosts.forEach((host, at) => {
      cluster.register(at + 1, null, 100 + at, -1, host)
      cluster.heartbeat(at + 1)
    })
    cluster.create('orders', { numPartitions: 20, replicationFactor: 2 })
    for (const { replicas } of cluster.image.topics.get('orders')!.partitions) expect(replicas).toContain(3)
  })

  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['Node-A.example', 'node-a.example'],
    ['localhost', null],
    ['127.0.0.1', null],
    ['127.1.2.3', null],
    ['::1', null],
    ['', null],
  ])('takes %s for the host %s', (host, expected) => {
    expect(hostOf({ endpoints: [{ name: 'PLAINTEXT', host, port: 1, securityProtocol: 'PLAINTEXT' }] })).toBe(
      expected,
    )
  })

  it('needs a live broker', () => {
    const cluster = new TestCluster()
    expect(cluster.create('orders').errorMessage).toContain('only 0 broker(s) are registered')
    cluster.register(1, null)
    const refused = cluster.create('orders')
    expect(refused.errorCode).toBe(ErrorCode.INVALID_REPLICATION_FACTOR)
    expect(refused.errorMessage).toContain('All brokers are currently fenced.')
  })

  it('lets one bad topic of a request fail alone, and refuses names given twice', () => {
    const cluster = threeZones()
    const topic = (name: string): CreatableTopic => ({
      name,
      numPartitions: 1,
      replicationFactor: -1,
      assignments: [],
      configs: [],
    })
    const reply = cluster.send('createTopics', {
      topics: [topic('good'), topic('a b'), topic('twice'), topic('twice'), topic('x.y'), topic('x_y')],
      validateOnly: false,
    })
    expect(Object.fromEntries(reply.map(({ name, errorCode }) => [name, errorCode]))).toEqual({
      good: 0,
      'a b': 17,
      twice: 42,
      'x.y': 0,
      x_y: 17,
    })
    expect([...cluster.image.topics.keys()]).toEqual(['good', 'x.y'])
  })

  it('makes the offsets topic of 50 compacted partitions', () => {
    const cluster = threeZones()
    cluster.send('createTopics', { topics: [offsetsTopic(cluster.context.settings)], validateOnly: false })
    expect(cluster.image.topics.get('__consumer_offsets')?.partitions).toHaveLength(50)
    expect(Object.fromEntries(cluster.image.configs(ConfigResourceType.TOPIC, '__consumer_offsets'))).toEqual(
      {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': '104857600',
      },
    )
  })

  it('keeps lists without repeats', () => {
    const cluster = threeZones()
    cluster.create('orders', configs('cleanup.policy', 'delete, delete'))
    expect(cluster.image.configs(ConfigResourceType.TOPIC, 'orders').get('cleanup.policy')).toBe('delete')
  })
})
