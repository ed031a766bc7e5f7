import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'

describe('Heartbeat', () => {
  test('one who is unknown or of another generation is told so', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    expect(driver.heartbeat(leader)).toBe(0)
    expect(driver.heartbeat(leader, 2)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(driver.heartbeat('nobody')).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.heartbeat(leader, 1, null, 'unknown')).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.heartbeat(leader, 1, null, '')).toBe(ErrorCode.INVALID_GROUP_ID)
  })

  test('counts while the assignment is awaited', () => {
    const driver = new Driver()
    const { memberId } = driver.joinTwice()
    driver.advance(6_000)
    expect(driver.describe().groupState).toBe('CompletingRebalance')
    expect(driver.heartbeat(memberId)).toBe(0)
  })
})

describe('sessions', () => {
  test('a silent member is out after its session timeout', () => {
    const driver = new Driver()
    const [leader = '', silent = ''] = driver.stableGroup(2)
    driver.advance(9_000)
    driver.heartbeat(leader)
    driver.advance(1_000)
    expect(driver.heartbeat(leader)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(driver.heartbeat(silent)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test.each([3_600_000, -3_600_000])(
    'nobody is out, or stays, because the clock jumped by %i ms',
    (jumpMs) => {
      const driver = new Driver()
      const [leader = '', silent = ''] = driver.stableGroup(2)
      driver.wallJumpMs = jumpMs
      driver.tick()
      expect(driver.heartbeat(leader)).toBe(0)
      driver.advance(9_000)
      expect(driver.heartbeat(leader)).toBe(0)
      driver.advance(1_000)
      expect(driver.heartbeat(silent)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    },
  )

  test('members that fall silent together cause one rebalance', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(5)
    driver.advance(9_000)
    driver.heartbeat(leader)
    driver.advance(3_000)
    expect(driver.join({ memberId: leader }).response).toMatchObject({ generationId: 2 })
  })

  test('a commit renews the session as a heartbeat does', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    for (let count = 0; count < 5; count++) {
      driver.advance(9_000)
      expect(driver.commit({ memberId: leader, generation: 1, offsets: { topic: count } })).toEqual([0])
    }
  })

  test('whoever waits for the others to join or to assign does not time out', () => {
    const driver = new Driver()
    const [leader = '', slow = ''] = driver.stableGroup(2, [{}, { sessionTimeoutMs: 600_000 }])
    const joining = driver.join({ memberId: leader })
    driver.advance(50_000)
    expect(joining.response).toBeUndefined()
    driver.join({ memberId: slow, sessionTimeoutMs: 600_000 })
    expect(joining.response?.errorCode).toBe(0)
    const waiting = driver.sync({ memberId: slow, generationId: 2 })
    driver.advance(9_000)
    driver.sync({ memberId: leader, generationId: 2 })
    expect(waiting.response?.errorCode).toBe(0)
  })

  test('the session goes on once the wait to join is over', () => {
    const driver = new Driver()
    const [leader = '', slow = ''] = driver.stableGroup(2, [{}, { sessionTimeoutMs: 600_000 }])
    driver.join({ memberId: leader })
    driver.advance(50_000)
    driver.join({ memberId: slow, sessionTimeoutMs: 600_000 })
    driver.advance(9_999)
    expect(driver.describe().groupState).toBe('CompletingRebalance')
    driver.advance(1)
    expect(driver.heartbeat(leader, 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('the session goes on once the wait for an assignment is over', () => {
    const driver = new Driver()
    const leader = driver.joinTwice({ sessionTimeoutMs: 600_000 })
    const waiting = driver.joinTwice()
    driver.advance(6_000)
    driver.sync({ memberId: waiting.memberId })
    driver.advance(30_000)
    const changed = [{ name: 'range', metadata: Buffer.from('changed') }]
    const again = driver.join({ memberId: leader.memberId, sessionTimeoutMs: 600_000, protocols: changed })
    driver.advance(9_999)
    expect(again.response).toBeUndefined()
    driver.advance(1)
    expect(again.response?.members).toMatchObject([{ memberId: leader.memberId }])
  })

  test('a new member that waits too long is taken for gone', () => {
    const driver = new Driver()
    const timeouts = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 }
    const [leader = ''] = driver.stableGroup(1, [timeouts])
    const late = driver.joinTwice({ sessionTimeoutMs: 10_000 })
    driver.advance(5 * 60_000 - 1)
    expect(late.response).toBeUndefined()
    driver.advance(1)
    expect(late.response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.heartbeat(leader)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('after loading every member gets a whole session', () => {
    const before = new Driver()
    const [leader = ''] = before.stableGroup(1)
    before.advance(9_000)
    const driver = before.reloaded()
    driver.advance(9_999)
    expect(driver.heartbeat(leader)).toBe(0)
    driver.advance(10_000)
    expect(driver.describe()).toMatchObject({ groupState: 'Empty' })
  })

  test('after loading, who is never heard of again is out', () => {
    const before = new Driver()
    before.stableGroup(1)
    const driver = before.reloaded()
    driver.advance(10_000)
    expect(driver.describe()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('a rebalance timeout of 0 does not make the shard look at the group without a pause', () => {
    const driver = new Driver()
    const [, dynamic = ''] = driver.stableGroup(2, [
      { groupInstanceId: 'a', rebalanceTimeoutMs: 0 },
      { rebalanceTimeoutMs: 10_000 },
    ])
    driver.leave([dynamic])
    let ticks = 0
    for (; driver.describe().groupState !== 'Empty' && ticks < 100; ticks++) {
      driver.nowMs = Math.max(driver.nowMs, driver.shard.nextDeadlineMs())
      driver.tick()
    }
    expect(ticks).toBeLessThan(20)
  })
})
