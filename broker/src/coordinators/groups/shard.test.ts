import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { coordinatorPartition } from '../coordinator-partition.ts'
import { subscribedTopics } from './classic/subscription.ts'
import { defaultGroupConfig, defaultGroupSettings } from './config.ts'
import { Deadlines } from './deadlines.ts'
import { GroupShard } from './shard.ts'
import { Driver, subscription } from './test-driver.ts'
import { TestTopics } from './test-topics.ts'

describe('a shard', () => {
  test('that is given up answers everybody who waits with NOT_COORDINATOR', () => {
    const driver = new Driver()
    const joining = driver.joinTwice()
    const follow = driver.joinTwice()
    driver.advance(6_000)
    const syncing = driver.sync({ memberId: follow.memberId })
    const other = driver.joinTwice({ groupId: 'other' })
    driver.abandon()
    expect(joining.response?.errorCode).toBe(0)
    expect(syncing.response?.errorCode).toBe(ErrorCode.NOT_COORDINATOR)
    expect(other.response?.errorCode).toBe(ErrorCode.NOT_COORDINATOR)
    expect(() => driver.tick()).toThrow('the shard is abandoned')
  })

  test('answers nothing before it is loaded and replays nothing after', () => {
    const shard = new GroupShard(defaultGroupConfig, {
      topics: new TestTopics(),
      settingsOf: () => defaultGroupSettings,
    })
    expect(() => shard.list({ statesFilter: [], typesFilter: [] })).toThrow('the shard is loading')
    shard.finishLoading({ monotonicMs: 0, wallMs: 0 })
    expect(() => shard.replay(Buffer.from([0, 2, 0, 1, 103]), null)).toThrow('while loading only')
  })

  test('without groups never wants to be called', () => {
    expect(new Driver().shard.nextDeadlineMs()).toBe(Infinity)
  })

  test('looks at a thousand groups per tick, and at the rest at once', () => {
    const driver = new Driver()
    for (let index = 0; index < 1_500; index++) driver.join({ groupId: `g${index}` })
    driver.nowMs += 10_000
    driver.tick()
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toHaveLength(500)
    expect(driver.shard.nextDeadlineMs()).toBeLessThanOrEqual(driver.nowMs)
    driver.tick()
    expect(driver.shard.nextDeadlineMs()).toBe(Infinity)
  })

  test('knows after loading who leads a group, even if another member was there before', () => {
    const before = new Driver()
    const [, dynamic = ''] = before.stableGroup(2, [{ groupInstanceId: 'a', sessionTimeoutMs: 600_000 }])
    before.join({ memberId: dynamic, protocols: [{ name: 'range', metadata: subscription('other') }] })
    before.advance(60_000)
    before.sync({ memberId: dynamic, generationId: 2 })
    const driver = before.reloaded()
    driver.join({ memberId: dynamic, protocols: [{ name: 'range', metadata: subscription('other') }] })
    expect(driver.describe().groupState).toBe('PreparingRebalance')
  })

  test('keeps nothing of the buffers that it was loaded from', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    const reloaded = driver.reloaded()
    for (const { value } of driver.log) value?.fill(0)
    expect(reloaded.describe().members).toMatchObject([
      { memberMetadata: subscription('topic'), memberAssignment: Buffer.from(leader) },
    ])
  })

  test('ignores records of a type that it does not know', () => {
    const driver = new Driver()
    driver.commit({ offsets: { topic: 1 } })
    driver.log.push({ key: Buffer.from([0, 99, 0, 1, 103]), value: Buffer.from([0, 0, 0, 0, 0, 1]) })
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 1 })
  })

  test('a group that was deleted and came back is the new one after loading', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    driver.leave([leader])
    driver.deleteGroups('group')
    driver.commit({ offsets: { topic: 3 } })
    expect(driver.reloaded().describe()).toEqual(driver.describe())
    expect(driver.describe().protocolType).toBe('')
  })

  test('an offset that is logged before a tombstone of its group is kept', () => {
    const driver = new Driver()
    driver.commit({ offsets: { topic: 3 } })
    driver.log.push({ key: Buffer.from([0, 2, 0, 5, ...Buffer.from('group')]), value: null })
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 3 })
  })
})

describe('coordinatorPartition', () => {
  // Java: Math.abs("…".hashCode()) % 50, and 0 for Integer.MIN_VALUE.
  test.each([
    ['', 0],
    ['group', 47],
    ['my-group', 12],
    ['polygenelubricants', 0],
    ['größe-☃', 41],
  ])('%s belongs to partition %i of 50', (groupId, partition) => {
    expect(coordinatorPartition(groupId, 50)).toBe(partition)
  })
})

describe('Deadlines', () => {
  test('come up in order, moved ones once and forgotten ones never', () => {
    const deadlines = new Deadlines()
    for (let index = 0; index < 1_000; index++) deadlines.set(`g${index}`, (index * 7_919) % 1_000)
    for (let index = 0; index < 1_000; index += 3) deadlines.set(`g${index}`, -index)
    for (let index = 0; index < 1_000; index += 5) deadlines.forget(`g${index}`)
    deadlines.set('g1', 5_000)
    const taken: string[] = []
    let previousMs = -Infinity
    for (let dueMs = deadlines.next(); dueMs < Infinity; dueMs = deadlines.next()) {
      expect(dueMs).toBeGreaterThanOrEqual(previousMs)
      expect(deadlines.take(dueMs - 0.5)).toBeUndefined()
      taken.push(deadlines.take(dueMs) ?? '')
      previousMs = dueMs
    }
    expect(taken).toHaveLength(800)
    expect(new Set(taken).size).toBe(800)
  })

  test('that were overtaken do not pile up', () => {
    const deadlines = new Deadlines()
    for (let round = 0; round < 10_000; round++) {
      deadlines.set('group', 1_000_000 - round)
      if (round % 10 === 0) deadlines.forget('group')
    }
    expect(deadlines.size).toBeLessThan(100)
  })
})

describe('subscribedTopics', () => {
  test('reads the topics and nothing else', () => {
    expect(subscribedTopics(subscription('a', 'größe'))).toEqual(['a', 'größe'])
    expect(subscribedTopics(subscription())).toEqual([])
  })

  test('what is no subscription names no topics', () => {
    const whole = subscription('topic')
    for (let length = 0; length < 13; length++) expect(subscribedTopics(whole.subarray(0, length))).toBeNull()
    expect(subscribedTopics(Buffer.from([0, 1, 255, 255, 255, 255]))).toBeNull()
    expect(subscribedTopics(Buffer.from([0, 1, 0, 0, 0, 1, 255, 255]))).toBeNull()
    expect(subscribedTopics(Buffer.from([0, 1, 127, 255, 255, 255, 0, 0]))).toBeNull()
  })
})
