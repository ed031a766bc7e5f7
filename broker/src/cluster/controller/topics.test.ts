import { describe, expect, it } from 'vitest'
import { ZERO_UUID } from '../../wire/uuid.ts'
import { TestCluster, uuidOf } from '../test-cluster.ts'

function withOrders(properties: Readonly<Record<string, string>> = {}): TestCluster {
  const cluster = new TestCluster(properties)
  for (const id of [1, 2, 3]) cluster.start(id, `zone-${id}`)
  cluster.create('orders', { numPartitions: 3 })
  return cluster
}

describe('deleting topics', () => {
  const byName = (name: string) => ({ name, topicId: ZERO_UUID })
  const byId = (topicId: string) => ({ name: null, topicId })

  it('works by name and by id, and tells both', () => {
    const cluster = withOrders()
    const other = cluster.create('other')
    const { topicId } = cluster.image.topics.get('orders')!
    expect(cluster.send('deleteTopics', { topics: [byName('orders'), byId(other.topicId)] })).toEqual([
      { name: 'orders', topicId, errorCode: 0, errorMessage: null },
      { name: 'other', topicId: other.topicId, errorCode: 0, errorMessage: null },
    ])
    expect(cluster.image.topics.size).toBe(0)
    expect(cluster.image.partitionCount).toBe(0)
  })

  it('frees the name, for colliding ones too', () => {
    const cluster = withOrders()
    cluster.create('a.b')
    cluster.send('deleteTopics', { topics: [byName('a.b')] })
    expect(cluster.create('a_b').errorCode).toBe(0)
  })

  it.each([
    ['an unknown name', [byName('nope')], 3, 'This server does not host this topic-partition.'],
    ['an unknown id', [byId(uuidOf(999))], 100, 'This server does not host this topic ID.'],
    ['neither name nor id', [byId(ZERO_UUID)], 42, 'Neither topic name nor id were specified.'],
    [
      'name and id',
      [{ name: 'orders', topicId: uuidOf(1) }],
      42,
      'You may not specify both topic name and topic id.',
    ],
    ['a name twice', [byName('orders'), byName('orders')], 42, 'Duplicate topic name.'],
    ['an id twice', [byId(uuidOf(1)), byId(uuidOf(1))], 42, 'Duplicate topic id.'],
  ])('refuses %s', (_, topics, code, message) => {
    const cluster = withOrders()
    const [refused] = cluster.send('deleteTopics', { topics })
    expect(refused).toMatchObject({ errorCode: code, errorMessage: message })
    expect(cluster.lastRecords).toEqual([])
  })

  it('deletes a topic once that is given by name and by id', () => {
    const cluster = withOrders()
    const { topicId } = cluster.image.topics.get('orders')!
    const reply = cluster.send('deleteTopics', { topics: [byName('orders'), byId(topicId)] })
    expect(reply.map(({ errorCode }) => errorCode)).toEqual([0, 42])
    expect(cluster.image.topics.size).toBe(0)
  })

  it('is refused where delete.topic.enable is false', () => {
    const cluster = withOrders({ 'delete.topic.enable': 'false' })
    const [refused] = cluster.send('deleteTopics', { topics: [byName('orders')] })
    expect(refused).toMatchObject({ errorCode: 73, errorMessage: 'Topic deletion is disabled.' })
    expect(cluster.image.topics.size).toBe(1)
  })
})

describe('adding partitions', () => {
  const grow = (
    cluster: TestCluster,
    name: string,
    count: number,
    assignments: { brokerIds: number[] }[] | null = null,
    validateOnly = false,
  ) => cluster.send('createPartitions', { topics: [{ name, count, assignments }], validateOnly })[0]!

  it('moves nothing that exists and goes on evenly', () => {
    const cluster = withOrders()
    const before = [...cluster.image.topics.get('orders')!.partitions]
    expect(grow(cluster, 'orders', 7)).toEqual({ name: 'orders', errorCode: 0, errorMessage: null })
    const after = cluster.image.topics.get('orders')!.partitions
    expect(after.slice(0, 3)).toEqual(before)
    const leaders = [1, 2, 3].map((id) => after.filter(({ leader }) => leader === id).length)
    expect(leaders.toSorted()).toEqual([2, 2, 3])
  })

  it('follows a manual assignment', () => {
    const cluster = withOrders()
    expect(grow(cluster, 'orders', 5, [{ brokerIds: [2] }, { brokerIds: [2] }]).errorCode).toBe(0)
    expect([3, 4].map((id) => cluster.partition('orders', id).leader)).toEqual([2, 2])
  })

  it('changes nothing when it only validates', () => {
    const cluster = withOrders()
    expect(grow(cluster, 'orders', 5, null, true).errorCode).toBe(0)
    expect(cluster.image.partitionCount).toBe(3)
  })

  it.each([
    ['fewer', 2, null, 37, 'The topic orders currently has 3 partition(s); 2 would not be an increase.'],
    ['as many', 3, null, 37, 'Topic already has 3 partition(s).'],
    ['a negative count', -1, null, 37, 'would not be an increase'],
    ['too many', 20_000, null, 44, 'Excessively large number'],
    [
      'too few assignments',
      5,
      [{ brokerIds: [1] }],
      39,
      'Attempted to add 2 additional partition(s), but only 1',
    ],
    ['an unknown broker', 4, [{ brokerIds: [9] }], 39, 'no such broker is registered'],
    [
      'more replicas than before',
      4,
      [{ brokerIds: [1, 2] }],
      39,
      'previous partitions, which have 1 replica(s)',
    ],
  ])('refuses %s', (_, count, assignments, code, message) => {
    const refused = grow(withOrders(), 'orders', count, assignments)
    expect(refused.errorCode).toBe(code)
    expect(refused.errorMessage).toContain(message)
  })

  it('refuses an unknown topic, a topic twice, and all while every broker is fenced', () => {
    const cluster = withOrders()
    expect(grow(cluster, 'nope', 2).errorCode).toBe(3)
    const topic = { name: 'orders', count: 5, assignments: null }
    const twice = cluster.send('createPartitions', { topics: [topic, topic], validateOnly: false })
    expect(twice).toEqual([{ name: 'orders', errorCode: 42, errorMessage: 'Duplicate topic name.' }])
    for (const id of [1, 2, 3]) cluster.fence(id)
    expect(grow(cluster, 'orders', 5).errorCode).toBe(38)
  })
})
