import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'

/** Two members that joined and have yet to sync. */
function joinedPair() {
  const driver = new Driver()
  const leader = driver.joinTwice()
  const follower = driver.joinTwice()
  driver.advance(6_000)
  return { driver, leader: leader.memberId, follower: follower.memberId }
}

describe('SyncGroup', () => {
  test("followers wait for the leader's assignment, which is written with the answers", () => {
    const { driver, leader, follower } = joinedPair()
    const waiting = driver.sync({ memberId: follower })
    expect(waiting.response).toBeUndefined()
    expect(driver.log).toHaveLength(0)
    const leading = driver.sync({ memberId: leader }, { [leader]: 'one', [follower]: 'two' })
    expect(driver.log).toHaveLength(1)
    expect(leading.response).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
    expect(leading.response?.assignment.toString()).toBe('one')
    expect(waiting.response?.assignment.toString()).toBe('two')
    expect(driver.describe().groupState).toBe('Stable')
  })

  test('a follower that comes late gets its assignment at once', () => {
    const { driver, leader, follower } = joinedPair()
    driver.sync({ memberId: leader }, { [follower]: 'two' })
    expect(driver.sync({ memberId: follower }).response?.assignment.toString()).toBe('two')
  })

  test('what is kept of the members holds no other memory', () => {
    const { driver, leader, follower } = joinedPair()
    driver.sync({ memberId: leader }, { [leader]: 'one', [follower]: 'two' })
    for (const { shard } of [driver, driver.reloaded()]) {
      const [group] = shard.describe(['group'], 6)
      const kept = group?.members.flatMap((member) => [member.memberMetadata, member.memberAssignment]) ?? []
      expect(kept.map(({ length }) => length)).toEqual([21, 3, 21, 3])
      expect(kept.map(({ buffer }) => buffer.byteLength)).toEqual([21, 3, 21, 3])
    }
  })

  test('a member that the leader forgot has nothing assigned', () => {
    const { driver, leader, follower } = joinedPair()
    const leading = driver.sync({ memberId: leader }, { [follower]: 'two', stranger: 'three' })
    expect(leading.response?.assignment).toHaveLength(0)
    expect(driver.describe().members).toHaveLength(2)
  })

  test('one who is unknown, of another generation or of another protocol is refused', () => {
    const { driver, leader } = joinedPair()
    const { UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, INCONSISTENT_GROUP_PROTOCOL, INVALID_GROUP_ID } = ErrorCode
    const codes = [
      driver.sync({ memberId: 'nobody' }),
      driver.sync({ groupId: 'unknown', memberId: leader }),
      driver.sync({ groupId: '', memberId: leader }),
      driver.sync({ memberId: leader, generationId: 0 }),
      driver.sync({ memberId: leader, protocolType: 'connect' }),
      driver.sync({ memberId: leader, protocolType: 'consumer', protocolName: 'sticky' }),
    ].map(({ response }) => response?.errorCode)
    expect(codes).toEqual([
      UNKNOWN_MEMBER_ID,
      UNKNOWN_MEMBER_ID,
      INVALID_GROUP_ID,
      ILLEGAL_GENERATION,
      INCONSISTENT_GROUP_PROTOCOL,
      INCONSISTENT_GROUP_PROTOCOL,
    ])
  })

  test('while the group joins there is nothing to wait for', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    driver.join({ memberId: leader })
    expect(driver.sync({ memberId: follower }).response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('a sync that is sent again takes the place of the first one', () => {
    const { driver, leader, follower } = joinedPair()
    const first = driver.sync({ memberId: follower })
    const second = driver.sync({ memberId: follower })
    expect(first.response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    driver.sync({ memberId: leader }, { [follower]: 'two' })
    expect(second.response?.assignment.toString()).toBe('two')
  })

  test('those that do not sync within the rebalance timeout are expelled, the others join again', () => {
    const { driver, leader, follower } = joinedPair()
    const waiting = driver.sync({ memberId: follower })
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 5_000) {
      expect(driver.heartbeat(leader)).toBe(0)
      driver.advance(5_000)
    }
    expect(waiting.response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(driver.heartbeat(leader)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    const again = driver.join({ memberId: follower })
    expect(again.response).toMatchObject({ generationId: 2, leader: follower })
  })

  test('a stable group expels those that never fetched their assignment', () => {
    const { driver, leader, follower } = joinedPair()
    driver.sync({ memberId: leader })
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 5_000) {
      expect([driver.heartbeat(leader), driver.heartbeat(follower)]).toEqual([0, 0])
      driver.advance(5_000)
    }
    expect(driver.heartbeat(follower)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.heartbeat(leader)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('one who left before it synced is not missed in the next generation', () => {
    const driver = new Driver()
    const long = { sessionTimeoutMs: 600_000 }
    const { memberId } = driver.joinTwice(long)
    const leaving = driver.joinTwice(long)
    driver.advance(6_000)
    driver.leave([leaving.memberId])
    driver.join({ memberId, ...long })
    driver.sync({ memberId, generationId: 2 })
    driver.advance(60_000)
    expect(driver.describe().groupState).toBe('Stable')
  })

  test('the assignment outlives the frame that it came in', () => {
    const { driver, leader } = joinedPair()
    const frame = Buffer.from('assignment')
    driver.sync({ memberId: leader, assignments: [{ memberId: leader, assignment: frame }] })
    frame.fill(0)
    expect(driver.describe().members[0]?.memberAssignment.toString()).toBe('assignment')
  })
})
