import { describe, expect, test } from 'vitest'
import { Driver, subscription } from '../test-driver.ts'

const retentionMs = 60_000
const config = { offsetsRetentionMs: retentionMs, offsetsRetentionCheckIntervalMs: 1_000 }

describe('offset expiry', () => {
  test('without members ever, offsets expire after their own commit', () => {
    const driver = new Driver(config)
    driver.commit({ offsets: { a: 1 } })
    driver.advance(retentionMs / 2)
    driver.commit({ offsets: { b: 2 } })
    driver.advance(retentionMs / 2 + 1_000)
    expect(driver.committed()).toEqual({ 'b-0': 2 })
    driver.advance(retentionMs)
    expect(driver.describe().groupState).toBe('Dead')
    expect(driver.reloaded().describe().groupState).toBe('Dead')
  })

  test('an empty group keeps its offsets from when its last member left', () => {
    const driver = new Driver(config)
    const [leader = ''] = driver.stableGroup(1)
    driver.commit({ memberId: leader, generation: 1, offsets: { topic: 5 } })
    for (let elapsedMs = 0; elapsedMs < 2 * retentionMs; elapsedMs += 5_000) {
      driver.advance(5_000)
      driver.heartbeat(leader)
    }
    driver.leave([leader])
    driver.advance(retentionMs - 1_000)
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
    driver.advance(2_000)
    expect(driver.describe().groupState).toBe('Dead')
    expect(driver.reloaded().describe().groupState).toBe('Dead')
  })

  test('whether a group is spent is looked at as often as before when the clock jumps', () => {
    const driver = new Driver({ offsetsRetentionCheckIntervalMs: 600_000 })
    const [leader = ''] = driver.stableGroup(1)
    driver.leave([leader])
    driver.wallJumpMs = 3_600_000
    driver.tick()
    const joining = driver.joinTwice()
    driver.advance(6_000)
    expect(joining.response).toMatchObject({ generationId: 3 })
  })

  test('the time at which a group became empty survives loading', () => {
    const before = new Driver(config)
    const [leader = ''] = before.stableGroup(1)
    before.commit({ memberId: leader, generation: 1, offsets: { topic: 5 } })
    before.leave([leader])
    before.nowMs += retentionMs / 2
    const driver = before.reloaded()
    driver.advance(retentionMs / 2 - 1_000)
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
    driver.advance(2_000)
    expect(driver.committed()).toEqual({})
  })

  test('a stable group keeps offsets of topics that it is subscribed to', () => {
    const driver = new Driver(config)
    const [leader = ''] = driver.stableGroup(1)
    driver.commit({ memberId: leader, generation: 1, offsets: { topic: 5, dropped: 6 } })
    for (let elapsedMs = 0; elapsedMs <= retentionMs; elapsedMs += 5_000) {
      driver.advance(5_000)
      driver.heartbeat(leader)
    }
    expect(driver.committed()).toEqual({ 'topic-0': 5 })
    expect(driver.reloaded().committed()).toEqual({ 'topic-0': 5 })
  })

  test.each([
    ['another protocol type', 'connect', subscription('topic')],
    ['a subscription that cannot be read', 'consumer', Buffer.from([0, 1, 0, 0, 0, 9])],
  ])('with %s nothing expires while there are members', (_, protocolType, metadata) => {
    const driver = new Driver(config)
    const [leader = ''] = driver.stableGroup(1, [{ protocolType, protocols: [{ name: 'range', metadata }] }])
    driver.commit({ memberId: leader, generation: 1, offsets: { other: 5 } })
    for (let elapsedMs = 0; elapsedMs <= 2 * retentionMs; elapsedMs += 5_000) {
      driver.advance(5_000)
      driver.heartbeat(leader)
    }
    expect(driver.committed()).toEqual({ 'other-0': 5 })
  })

  test('a client before OffsetCommit 5 may ask for a retention of its own', () => {
    const driver = new Driver(config)
    driver.commit({ offsets: { short: 1 }, retentionTimeMs: 5_000, version: 4 })
    driver.commit({ offsets: { long: 2 }, retentionTimeMs: 3 * retentionMs, version: 4 })
    driver.advance(6_000)
    expect(driver.committed()).toEqual({ 'long-0': 2 })
    const reloaded = driver.reloaded()
    reloaded.advance(2 * retentionMs)
    expect(reloaded.committed()).toEqual({ 'long-0': 2 })
  })

  test('a group that is empty and keeps nothing goes at the next check', () => {
    const driver = new Driver(config)
    const [leader = ''] = driver.stableGroup(1)
    driver.leave([leader])
    expect(driver.describe().groupState).toBe('Empty')
    driver.advance(1_000)
    expect(driver.describe().groupState).toBe('Dead')
    expect(driver.reloaded().describe().groupState).toBe('Dead')
    expect(driver.shard.nextDeadlineMs()).toBe(Infinity)
  })

  test('a great many offsets expire in slices', () => {
    const driver = new Driver(config)
    const topics = Array.from({ length: 5_000 }, (_, index) => [`t${index}`, index] as const)
    driver.commit({ offsets: Object.fromEntries(topics) })
    driver.commit({ groupId: 'other', offsets: { topic: 1 } })
    driver.nowMs += retentionMs
    const sizes: number[] = []
    while (driver.shard.nextDeadlineMs() <= driver.nowMs) {
      const before = driver.log.length
      driver.tick()
      sizes.push(driver.log.length - before)
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_001)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5_001 + 2)
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })
})
