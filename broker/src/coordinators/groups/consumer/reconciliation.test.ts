import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'
import { TestTopics, topicIdOf } from '../test-topics.ts'
import { settleAll, TestConsumer } from './test-consumer.ts'

const topicId = topicIdOf('topic')
const newDriver = (topics: Record<string, number> = { topic: 4 }, config = {}) =>
  new Driver(config, [], 1_000_000, new TestTopics(topics))

describe('partitions change hands', () => {
  test('only after who had them has said that it let them go', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a'), new TestConsumer(driver, 'b')]
    a.join()
    a.settle()
    b.join()
    driver.advance(1_000)
    expect(b.owned).toEqual([])
    b.beat()
    expect(driver.describeConsumer().groupState).toBe('Reconciling')
    // a learns what it has to give back, and keeps its epoch until it has.
    a.beat()
    expect(a.epoch).toBe(1)
    expect(a.owned).toHaveLength(2)
    b.beat()
    expect(b.owned).toEqual([])
    a.beat()
    expect(a.epoch).toBe(2)
    b.settle()
    expect(b.owned).toHaveLength(2)
    expect(driver.describeConsumer().groupState).toBe('Stable')
  })

  test('what is free already is given at once', () => {
    const driver = newDriver({ topic: 2, other: 2 })
    const a = new TestConsumer(driver, 'a')
    a.join()
    a.settle()
    const b = new TestConsumer(driver, 'b', { topics: ['topic', 'other'] })
    b.join()
    driver.advance(1_000)
    b.settle()
    expect(b.owned).toEqual([`${topicIdOf('other')}/0`, `${topicIdOf('other')}/1`])
  })

  test('a member that does not let go in time is out', () => {
    const driver = newDriver()
    const a = new TestConsumer(driver, 'a', { rebalanceTimeoutMs: 10_000 })
    const b = new TestConsumer(driver, 'b')
    a.join()
    a.settle()
    b.join()
    driver.advance(1_000)
    a.beat()
    driver.advance(9_999)
    expect(a.send({})).toBe(0)
    driver.advance(1)
    expect(a.send({})).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    driver.advance(1_000)
    b.settle()
    expect(b.owned).toHaveLength(4)
  })

  test('a loaded group goes on where it was, with the time for revoking begun anew', () => {
    const before = newDriver()
    const a = new TestConsumer(before, 'a', { rebalanceTimeoutMs: 10_000 })
    a.join()
    a.settle()
    new TestConsumer(before, 'b').join()
    before.advance(1_000)
    a.beat()
    const driver = before.reloaded()
    expect(driver.describeConsumer()).toEqual(before.describeConsumer())
    driver.advance(9_999)
    expect(driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 1 }).errorCode).toBe(0)
    driver.advance(1)
    expect(driver.consumerHeartbeat({ memberId: 'a', memberEpoch: 1 }).errorCode).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    )
  })
})

describe('a static member', () => {
  const options = { instanceId: 'instance' }

  test('that left for a while finds what it had, and nobody else is disturbed', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a', options), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    settleAll([a, b])
    const { owned } = a
    const { groupEpoch } = driver.describeConsumer()
    expect(a.leaveForAWhile()).toBe(0)
    settleAll([b])
    const again = new TestConsumer(driver, 'a2', options)
    expect(again.join()).toBe(0)
    again.settle()
    expect(again.owned).toEqual(owned)
    expect(driver.describeConsumer().groupEpoch).toBe(groupEpoch)
    expect(a.send({ memberEpoch: 2 })).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(driver.reloaded().describeConsumer()).toEqual(driver.describeConsumer())
  })

  test('is not put in the place of one that is there', () => {
    const driver = newDriver()
    new TestConsumer(driver, 'a', options).join()
    expect(new TestConsumer(driver, 'b', options).join()).toBe(ErrorCode.UNRELEASED_INSTANCE_ID)
  })

  test('that does not come back within its session is out', () => {
    const driver = newDriver()
    const [a, b] = [new TestConsumer(driver, 'a', options), new TestConsumer(driver, 'b')]
    a.join()
    b.join()
    settleAll([a, b])
    a.leaveForAWhile()
    for (let second = 0; second < 50; second += 5) {
      driver.advance(5_000)
      b.beat()
    }
    b.settle()
    expect(b.owned).toHaveLength(4)
  })

  test('may leave for good', () => {
    const driver = newDriver()
    const a = new TestConsumer(driver, 'a', options)
    a.join()
    expect(a.leave()).toBe(0)
    expect(new TestConsumer(driver, 'b', options).join()).toBe(0)
  })

  test('that nobody knows cannot go on', () => {
    const driver = newDriver()
    new TestConsumer(driver, 'a').join()
    const response = driver.consumerHeartbeat({ memberId: 'x', instanceId: 'nobody', memberEpoch: 1 })
    expect(response.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

describe('offsets of a consumer group', () => {
  const commit = (driver: Driver, generation: number, memberId = 'a', version = 9) =>
    driver.commit({ memberId, generation, version, offsets: { topic: 5 }, topicIds: { topic: topicId } })

  test('are committed by members in their epoch', () => {
    const driver = newDriver({ topic: 1 })
    new TestConsumer(driver, 'a').join()
    expect(commit(driver, 1)).toEqual([0])
    expect(commit(driver, 2)).toEqual([ErrorCode.STALE_MEMBER_EPOCH])
    expect(commit(driver, 0)).toEqual([ErrorCode.STALE_MEMBER_EPOCH])
    expect(commit(driver, 1, 'nobody')).toEqual([ErrorCode.UNKNOWN_MEMBER_ID])
    expect(commit(driver, -1)).toEqual([ErrorCode.STALE_MEMBER_EPOCH])
    expect(commit(driver, 1, 'a', 8)).toEqual([ErrorCode.UNSUPPORTED_VERSION])
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 5 })
  })

  test('may be committed as of an epoch since which the partition is the member’s (KIP-1251)', () => {
    const driver = newDriver({ topic: 2 })
    const [a, b] = [new TestConsumer(driver, 'a'), new TestConsumer(driver, 'b')]
    a.join()
    a.settle()
    b.join()
    settleAll([a, b])
    expect(a.epoch).toBe(2)
    const owner = a.owned.includes(`${topicId}/0`) ? a : b
    expect(commit(driver, 1, owner.memberId)).toEqual([owner === a ? 0 : ErrorCode.STALE_MEMBER_EPOCH])
    const other = owner === a ? b : a
    expect(commit(driver, 1, other.memberId)).toEqual([ErrorCode.STALE_MEMBER_EPOCH])
  })

  test('are committed by an administrator while nobody is there', () => {
    const driver = newDriver({ topic: 1 })
    const a = new TestConsumer(driver, 'a')
    a.join()
    a.leave()
    expect(commit(driver, -1, '')).toEqual([0])
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
  })

  test('are read by members in their epoch, and by whoever does not say who it is', () => {
    const driver = newDriver({ topic: 1 })
    new TestConsumer(driver, 'a').join()
    const read = (memberId: string | null, memberEpoch: number) =>
      driver.shard.fetchOffsets({ groupId: 'group', memberId, memberEpoch, topics: null }).errorCode
    expect(read('a', 1)).toBe(0)
    expect(read(null, -1)).toBe(0)
    expect(read('a', 0)).toBe(ErrorCode.STALE_MEMBER_EPOCH)
    expect(read('b', 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('expire only where nobody reads the topic any more; a group that keeps none is deleted', () => {
    const driver = newDriver(
      { topic: 1 },
      { offsetsRetentionMs: 60_000, offsetsRetentionCheckIntervalMs: 10_000 },
    )
    const a = new TestConsumer(driver, 'a')
    a.join()
    commit(driver, 1)
    for (let at = 0; at < 120; at += 10) {
      driver.advance(10_000)
      a.beat()
    }
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
    a.leave()
    driver.advance(20_000)
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
    expect(driver.reloaded().shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })
})

/** Members come, go, fall silent, and topics change; answers may get lost. */
type Act = readonly ['join' | 'beat' | 'leave' | 'lose' | 'wait' | 'partitions' | 'reload', number]

const act = fc.tuple(
  fc.constantFrom('join', 'beat', 'beat', 'beat', 'beat', 'leave', 'lose', 'wait', 'partitions', 'reload'),
  fc.nat(5),
) as fc.Arbitrary<Act>

test('nobody ever owns what another one owns, and in the end everybody has a fair share', () => {
  const property = fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
    let driver = newDriver({ topic: 6, other: 3 })
    let consumers = Array.from(
      { length: 6 },
      (_, at) => new TestConsumer(driver, `m${at}`, at % 3 === 2 ? { topics: ['topic', 'other'] } : {}),
    )
    for (const [kind, at] of acts) {
      const consumer = consumers[at]
      if (!consumer) continue
      if (kind === 'join' && consumer.epoch === 0) consumer.join()
      if (kind === 'beat' && consumer.epoch > 0 && consumer.beat() !== 0) forget(consumer)
      if (kind === 'lose' && consumer.epoch > 0)
        driver.consumerHeartbeat({ memberId: consumer.memberId, memberEpoch: consumer.epoch })
      if (kind === 'leave' && consumer.epoch > 0) {
        consumer.leave()
        forget(consumer)
      }
      if (kind === 'wait') driver.advance(at * 4_000)
      if (kind === 'partitions') driver.setTopic('topic', 6 + at)
      if (kind === 'reload') {
        driver.advance(0)
        const loaded = driver.reloaded()
        expect(loaded.describeConsumer()).toEqual(driver.describeConsumer())
        driver = loaded
        consumers = consumers.map((each) => moved(each, loaded))
      }
      expectDisjoint(consumers, driver)
    }
    driver.advance(1_000)
    for (const consumer of consumers) if (consumer.epoch === 0 || consumer.beat() !== 0) consumer.join()
    for (let round = 0; round < 12; round++) {
      driver.advance(1_000)
      for (const consumer of consumers) if (consumer.beat() !== 0) consumer.join()
    }
    expectDisjoint(consumers, driver)
    expect(driver.describeConsumer().groupState).toBe('Stable')
    const total = [...['topic', 'other']].reduce(
      (sum, name) => sum + (driver.topics.byName(name)?.partitionCount ?? 0),
      0,
    )
    expect(consumers.flatMap(({ owned }) => owned)).toHaveLength(total)
  })
  fc.assert(property, { numRuns: 150, seed: 20_260_721 })
})

function forget(consumer: TestConsumer): void {
  consumer.epoch = 0
  consumer.owned = []
}

function moved(consumer: TestConsumer, driver: Driver): TestConsumer {
  return Object.assign(new TestConsumer(driver, consumer.memberId, consumer.options), {
    ...consumer,
    driver,
  })
}

/** Members whose session is over do not know it yet: they do not count. */
function expectDisjoint(consumers: readonly TestConsumer[], driver: Driver): void {
  const members = new Set(driver.describeConsumer().members?.map(({ memberId }) => memberId))
  const owned = consumers.filter(({ memberId }) => members.has(memberId)).flatMap((each) => each.owned)
  expect(new Set(owned).size).toBe(owned.length)
}
