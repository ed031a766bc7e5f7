import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClusterImage } from './image.ts'
import { ConfigResourceType, NO_LEADER, partitionChange } from './records.ts'
import { TestCluster, uuidOf } from './test-cluster.ts'

function withTopic(): TestCluster {
  const cluster = new TestCluster()
  for (const id of [1, 2, 3]) cluster.start(id)
  cluster.createReplicated('orders', [1, 2, 3])
  return cluster
}

describe('cluster image', () => {
  it('counts every change of a partition, and a new leader in the leader epoch', () => {
    const cluster = withTopic()
    const { topicId } = cluster.image.topics.get('orders')!
    cluster.append([partitionChange(topicId, 0, { isr: [1, 3] })])
    expect(cluster.partition('orders')).toMatchObject({
      isr: [1, 3],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 1,
    })
    cluster.append([partitionChange(topicId, 0, { leader: 3 })])
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, leaderEpoch: 1, partitionEpoch: 2 })
    cluster.append([partitionChange(topicId, 0, { leader: 3 })])
    expect(cluster.partition('orders')).toMatchObject({ leader: 3, leaderEpoch: 2, partitionEpoch: 3 })
  })

  it('tells what an entry changed', () => {
    const cluster = withTopic()
    cluster.append([
      { type: 'Topic', name: 'other', topicId: uuidOf(77) },
      {
        type: 'Config',
        resourceType: ConfigResourceType.TOPIC,
        resourceName: 'other',
        name: 'a',
        value: '1',
      },
      {
        type: 'Config',
        resourceType: ConfigResourceType.TOPIC,
        resourceName: 'other',
        name: 'b',
        value: '2',
      },
      partitionChange(cluster.image.topics.get('orders')!.topicId, 0, { isr: [1] }),
    ])
    expect(cluster.lastChange?.topicsCreated.map(({ name }) => name)).toEqual(['other'])
    expect(cluster.lastChange?.partitionsChanged.map(({ topic }) => topic.name)).toEqual(['orders'])
    expect(cluster.lastChange?.configsChanged).toEqual([{ type: ConfigResourceType.TOPIC, name: 'other' }])
    expect(cluster.lastChange?.brokersChanged).toEqual([])
  })

  it('says nothing of the partitions of a deleted topic, and nothing of one that came and went', () => {
    const cluster = withTopic()
    const orders = cluster.image.topics.get('orders')!
    cluster.append([
      partitionChange(orders.topicId, 0, { isr: [1] }),
      { type: 'RemoveTopic', topicId: orders.topicId },
      { type: 'Topic', name: 'brief', topicId: uuidOf(88) },
      { type: 'RemoveTopic', topicId: uuidOf(88) },
    ])
    expect(cluster.lastChange).toMatchObject({ topicsCreated: [], partitionsChanged: [] })
    expect(cluster.lastChange?.topicsDeleted).toEqual([orders])
    expect(cluster.image.load(1)).toEqual({ replicas: 0, preferredLeaders: 0 })
  })

  it('forgets the overrides of a deleted topic', () => {
    const cluster = withTopic()
    cluster.append([
      {
        type: 'Config',
        resourceType: ConfigResourceType.TOPIC,
        resourceName: 'orders',
        name: 'a',
        value: '1',
      },
    ])
    expect(cluster.image.configs(ConfigResourceType.TOPIC, 'orders').size).toBe(1)
    cluster.send('deleteTopics', { topics: [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }] })
    expect(cluster.image.configs(ConfigResourceType.TOPIC, 'orders').size).toBe(0)
  })

  it('takes entries only in order', () => {
    expect(() => new ClusterImage().apply(1, [])).toThrow('Entry 1 cannot follow entry -1')
  })

  const orders = uuidOf(9000)
  it.each([
    ['a leader that is no replica', partitionChange(orders, 0, { leader: 4 }), 'leader outside of its ISR'],
    [
      'a leader that is not in sync',
      partitionChange(orders, 0, { isr: [1, 2], leader: 3 }),
      'outside of its ISR',
    ],
    ['an ISR without the leader', partitionChange(orders, 0, { isr: [2] }), 'leader outside of its ISR'],
    ['a stranger in the ISR', partitionChange(orders, 0, { isr: [1, 9] }), 'in its ISR that is no replica'],
    ['a broker twice in the ISR', partitionChange(orders, 0, { isr: [1, 1] }), 'twice in its ISR'],
    ['no replicas', partitionChange(orders, 0, { replicas: [] }), 'has no replica'],
    ['a stranger in the ELR', partitionChange(orders, 0, { eligibleLeaderReplicas: [9] }), 'in its ELR'],
    [
      'a broker in ISR and ELR',
      partitionChange(orders, 0, { eligibleLeaderReplicas: [2] }),
      'both ISR and ELR',
    ],
    ['a partition that is not there', partitionChange(orders, 1, { isr: [1] }), 'does not exist'],
    ['a topic name twice', { type: 'Topic', name: 'orders', topicId: uuidOf(5) }, 'Topic orders exists'],
    ['a topic id twice', { type: 'Topic', name: 'other', topicId: orders }, 'exists'],
    ['an unknown topic', { type: 'RemoveTopic', topicId: uuidOf(6) }, 'does not exist'],
    ['an unknown broker', { type: 'UnregisterBroker', brokerId: 9, brokerEpoch: 0 }, 'is not registered'],
    [
      'an old broker epoch',
      { type: 'UnregisterBroker', brokerId: 3, brokerEpoch: 0 },
      'another epoch of broker 3',
    ],
    [
      'the config of an unknown topic',
      { type: 'Config', resourceType: ConfigResourceType.TOPIC, resourceName: 'x', name: 'a', value: '1' },
      'does not exist',
    ],
  ] as const)('refuses %s', (_, record, reason) => {
    expect(() => withTopic().append([record])).toThrow(reason)
  })

  it('refuses producer ids and broker epochs that go back', () => {
    const cluster = withTopic()
    cluster.append([{ type: 'ProducerIds', brokerId: 1, brokerEpoch: 0, nextProducerId: 2000 }])
    const back = { type: 'ProducerIds', brokerId: 1, brokerEpoch: 0, nextProducerId: 1000 } as const
    expect(() => cluster.append([back])).toThrow('went back')
    const old = { ...cluster.image.brokers.get(2)!, brokerEpoch: 0 }
    expect(() => withTopic().append([{ type: 'RegisterBroker', ...old }])).toThrow(
      'Epoch of broker 2 went back',
    )
  })

  it('loads a snapshot only while it is empty', () => {
    const image = new ClusterImage()
    image.loadSnapshot([], 4)
    expect(() => image.loadSnapshot([], 7)).toThrow('cannot replace')
    expect(image.offset).toBe(4)
  })

  it('comes back from its own records, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 60 }), fc.nat(), (steps, seed) => {
        const { image } = history(steps, seed)
        const copy = new ClusterImage()
        copy.loadSnapshot([...image.toRecords()], image.offset)
        expect([...copy.toRecords()]).toEqual([...image.toRecords()])
        expect(copy.offset).toBe(image.offset)
        expect(copy.partitionCount).toBe(image.partitionCount)
        expect(copy.nextProducerId).toBe(image.nextProducerId)
        for (const id of [1, 2, 3, 4]) expect(copy.load(id)).toEqual(image.load(id))
        for (const name of image.topics.keys()) {
          expect([...copy.collidingTopics(name)].sort()).toEqual([...image.collidingTopics(name)].sort())
        }
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('never has a leader that is fenced, and never lacks one while a live broker is in sync', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 80 }), fc.nat(), (steps, seed) => {
        const { image } = history(steps, seed)
        for (const { partitions } of image.topics.values()) {
          for (const { leader, isr } of partitions) {
            const live = isr.filter((id) => {
              const broker = image.brokers.get(id)
              return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
            })
            if (live.length === 0) expect(leader).toBe(NO_LEADER)
            else expect(live).toContain(leader)
          }
        }
      }),
      { seed: 12, numRuns: 300 },
    )
  })
})

/** A made-up past: each number picks a step and what it is done to. */
function history(steps: readonly number[], seed: number): TestCluster {
  const cluster = new TestCluster({}, seed)
  for (const id of [1, 2, 3]) cluster.start(id, `zone-${id}`)
  cluster.createReplicated('replicated', [2, 1, 3])
  cluster.createReplicated('eligible', [3, 2], { isr: [], leader: NO_LEADER, eligibleLeaderReplicas: [2] })
  for (const step of steps) {
    const what = step % 13
    const target = (Math.floor(step / 13) % 4) + 1
    const name = `topic-${target}`
    const isKnown = cluster.image.brokers.has(target)
    if (what === 0)
      cluster.create(name, {
        numPartitions: 1 + (step % 5),
        configs: [{ name: 'segment.ms', value: `${step + 1}` }],
      })
    else if (what === 1)
      cluster.send('deleteTopics', { topics: [{ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }] })
    else if (what === 2)
      cluster.send('createPartitions', {
        topics: [{ name, count: step % 12, assignments: null }],
        validateOnly: false,
      })
    else if (what === 3 && isKnown) cluster.fence(target)
    else if (what === 4 && isKnown) cluster.heartbeat(target)
    else if (what === 5 && isKnown) cluster.heartbeat(target, { shutDown: true })
    else if (what === 6 && isKnown)
      cluster.send('allocateProducerIds', { brokerId: target, brokerEpoch: cluster.epoch(target) })
    else if (what === 7) {
      cluster.alive.delete(target)
      cluster.register(target, `zone-${target}`, step)
    } else if (what === 8) {
      cluster.alive.delete(target)
      cluster.register(target, `zone-${target}`, step + 1, -1)
    } else if (what === 9 && cluster.partition('replicated').leader !== NO_LEADER) {
      const { leader, isr } = cluster.partition('replicated')
      const others = isr.filter((id) => id !== leader && id !== target)
      const isBack = !isr.includes(target) && isKnown
      cluster.alterIsr('replicated', [leader, ...others, ...(isBack ? [target] : [])])
    } else if (what === 10) {
      const replicas = step % 2 === 0 ? null : [target, (target % 4) + 1]
      cluster.send('alterPartitionReassignments', {
        allowReplicationFactorChange: true,
        topics: [{ name: 'replicated', partitions: [{ partitionIndex: 0, replicas }] }],
      })
    } else if (what === 11) cluster.send('electLeaders', { electionType: step % 2, topics: null })
    else if (what === 12 && isKnown && step % 3 === 0) cluster.send('unregisterBroker', { brokerId: target })
  }
  return cluster
}
