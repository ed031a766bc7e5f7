import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../../wire/index.ts'
import { Driver, subscription } from '../../test-driver.ts'
import { TestTopics, topicIdOf } from '../../test-topics.ts'
import { settleAll, TestConsumer } from '../test-consumer.ts'
import { readAssignment, writeAssignment } from './embedded-protocol.ts'

const topicId = topicIdOf('topic')
const newDriver = (config = {}) => new Driver(config, [], 1_000_000, new TestTopics({ topic: 4 }))
const types = (driver: Driver) =>
  driver.shard.list({ statesFilter: [], typesFilter: [] }).map(({ groupType }) => groupType)

/** A classic group of one, which has all four partitions. */
function classicGroup(driver: Driver): string {
  const joined = driver.joinTwice()
  driver.advance(6_000)
  const { memberId = '', generationId = 0 } = joined.response ?? {}
  const all = writeAssignment(subscription(), [{ topic: 'topic', partitions: [0, 1, 2, 3] }])
  driver.sync({ memberId, generationId }, { [memberId]: all })
  return memberId
}

/** What a classic member is told to read, in its order. */
function synced(driver: Driver, memberId: string, generationId: number): string[] {
  const response = driver.sync({ memberId, generationId }).response
  const assigned = readAssignment(response?.assignment ?? Buffer.alloc(0))?.assignedPartitions ?? []
  return assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`))
}

describe('a classic group that a member of the consumer protocol joins', () => {
  test('becomes a consumer group in which the classic members go on', () => {
    const driver = newDriver()
    const classic = classicGroup(driver)
    const consumer = new TestConsumer(driver, 'new')
    expect(consumer.join()).toBe(0)
    expect(types(driver)).toEqual(['consumer'])
    expect(driver.describe()).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' })
    expect(consumer.owned).toEqual([])
    expect(driver.heartbeat(classic, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    // The classic member, an eager one, has let go of everything when it joins again.
    const rejoined = driver.join({ memberId: classic })
    expect(rejoined.response).toMatchObject({ errorCode: 0, protocolName: 'range', leader: '', members: [] })
    const generation = rejoined.response?.generationId ?? 0
    expect(synced(driver, classic, generation)).toHaveLength(2)
    expect(driver.heartbeat(classic, generation)).toBe(0)
    consumer.settle()
    expect(consumer.owned).toHaveLength(2)
    expect(driver.describeConsumer()).toMatchObject({ groupState: 'Stable' })
    expect(driver.describeConsumer().members?.map(({ memberType }) => memberType)).toEqual([0, 1])
    const loaded = driver.reloaded()
    expect(loaded.describeConsumer()).toEqual(driver.describeConsumer())
  })

  test('tells whoever waits in a rebalance to begin again', () => {
    const driver = newDriver()
    const waiting = driver.joinTwice()
    new TestConsumer(driver, 'new').join()
    expect(waiting.response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('keeps its offsets', () => {
    const driver = newDriver()
    const memberId = classicGroup(driver)
    driver.commit({ memberId, generation: 1, offsets: { topic: 7 } })
    new TestConsumer(driver, 'new').join()
    expect(driver.committed()).toEqual({ 'topic-0': 7 })
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 7 })
  })

  test.each(['disabled', 'downgrade'] as const)('stays what it is under the policy %s', (policy) => {
    const driver = newDriver({ groupConsumerMigrationPolicy: policy })
    classicGroup(driver)
    expect(new TestConsumer(driver, 'new').join()).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(types(driver)).toEqual(['classic'])
  })

  test('stays what it is if its members are no consumers, or keep data of their own', () => {
    const connect = newDriver()
    connect.joinTwice({ protocolType: 'connect', protocols: [{ name: 'p', metadata: Buffer.from('m') }] })
    expect(new TestConsumer(connect, 'new').join()).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    const driver = newDriver()
    driver.stableGroup(1)
    expect(new TestConsumer(driver, 'new').join()).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
  })

  test('is replaced, whatever it was, if nobody is in it', () => {
    const driver = newDriver({ groupConsumerMigrationPolicy: 'disabled' })
    const memberId = classicGroup(driver)
    driver.leave([memberId])
    const consumer = new TestConsumer(driver, 'new')
    expect(consumer.join()).toBe(0)
    expect(driver.reloaded().describeConsumer()).toEqual(driver.describeConsumer())
  })
})

describe('a classic member in a consumer group', () => {
  function mixed(config = {}) {
    const driver = newDriver(config)
    const consumer = new TestConsumer(driver, 'consumer')
    consumer.join()
    consumer.settle()
    const first = driver.join()
    expect(first.response?.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    const memberId = first.response?.memberId ?? ''
    driver.advance(1_000)
    const joined = driver.join({ memberId })
    expect(joined.response?.errorCode).toBe(0)
    return { driver, consumer, memberId, generation: joined.response?.generationId ?? 0 }
  }

  /** Joins whenever it is called, as a client does, until it has its share. */
  function catchUp({ driver, consumer, memberId }: ReturnType<typeof mixed>): number {
    let generation = 0
    for (let round = 0; round < 6; round++) {
      driver.advance(1_000)
      consumer.beat()
      generation = driver.join({ memberId }).response?.generationId ?? 0
      driver.sync({ memberId, generationId: generation })
    }
    return generation
  }

  test('gets its share when the others have let it go', () => {
    const group = mixed()
    const { driver, memberId, consumer } = group
    const generation = catchUp(group)
    expect(synced(driver, memberId, generation)).toHaveLength(2)
    consumer.settle()
    expect(consumer.owned).toHaveLength(2)
  })

  test('is refused under a generation or a protocol that is not its own', () => {
    const group = mixed()
    const { driver, memberId } = group
    const generationId = catchUp(group)
    expect(driver.heartbeat(memberId, generationId + 1)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(driver.heartbeat('nobody', generationId)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.heartbeat('consumer', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const wrong = driver.sync({ memberId, generationId, protocolName: 'sticky' })
    expect(wrong.response?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    const other = driver.join({ memberId: '', protocolType: 'connect' })
    expect(other.response?.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  test('commits in its generation', () => {
    const group = mixed()
    const generation = catchUp(group)
    const commit = (at: number) =>
      group.driver.commit({ memberId: group.memberId, generation: at, offsets: { topic: 1 }, version: 8 })
    expect(commit(generation)).toEqual([0])
    expect(commit(generation + 1)).toEqual([ErrorCode.ILLEGAL_GENERATION])
  })

  test('that does not come when it is called is out', () => {
    const group = mixed()
    const { driver, memberId, consumer } = group
    const generation = catchUp(group)
    new TestConsumer(driver, 'third').join()
    const called = driver.heartbeat(memberId, generation)
    expect(called).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    for (let second = 0; second < 60; second += 5) {
      driver.advance(5_000)
      consumer.beat()
      driver.heartbeat(memberId, generation)
    }
    expect(driver.heartbeat(memberId, generation)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('leaves with LeaveGroup; one of the consumer protocol cannot, but for an administrator', () => {
    const group = mixed()
    const { driver, memberId } = group
    expect(driver.leave(['consumer', memberId])?.members?.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.UNKNOWN_MEMBER_ID,
      0,
    ])
    new TestConsumer(driver, 'static', { instanceId: 'i' }).join()
    expect(driver.leave([{ instance: 'i' }])?.members?.[0]?.errorCode).toBe(0)
    expect(driver.describeConsumer().members).toHaveLength(1)
  })

  test('makes it a classic group again when the last other one has left', () => {
    const group = mixed()
    const { driver, consumer, memberId } = group
    const generation = catchUp(group)
    consumer.leave()
    expect(types(driver)).toEqual(['classic'])
    expect(driver.describe()).toMatchObject({ groupState: 'PreparingRebalance' })
    const loaded = driver.reloaded()
    expect(types(loaded)).toEqual(['classic'])
    expect(loaded.describe().groupState).toBe('Stable')
    expect(driver.heartbeat(memberId, generation)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(driver.join({ memberId }).response).toMatchObject({ errorCode: 0, leader: memberId })
  })

  test('stays in a consumer group under the policy upgrade', () => {
    const group = mixed({ groupConsumerMigrationPolicy: 'upgrade' })
    catchUp(group)
    group.consumer.leave()
    expect(types(group.driver)).toEqual(['consumer'])
  })

  test('joins an empty consumer group as a classic one', () => {
    const driver = newDriver()
    const consumer = new TestConsumer(driver, 'consumer')
    consumer.join()
    consumer.leave()
    driver.joinTwice()
    expect(types(driver)).toEqual(['classic'])
    // What was of the consumer group is gone; the classic one is written with its first assignment.
    expect(types(driver.reloaded())).toEqual([])
  })
})

test('all go from the classic to the consumer protocol and back, one after the other', () => {
  const driver = newDriver()
  const classics = [classicGroup(driver)]
  const consumers = [new TestConsumer(driver, 'a')]
  consumers[0]?.join()
  driver.leave(classics)
  settleAll(consumers)
  expect(consumers[0]?.owned).toHaveLength(4)
  expect(driver.describeConsumer().members?.[0]?.assignment.topicPartitions).toEqual([
    { topicId, topicName: 'topic', partitions: [0, 1, 2, 3] },
  ])
})
