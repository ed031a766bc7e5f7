import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver } from '../test-driver.ts'

describe('LeaveGroup', () => {
  test('up to version 2 one member leaves and its code is that of the response', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    const leave = (memberId: string) => driver.leaveAs({ groupId: 'group', memberId, members: [] }, 2)
    expect(leave(leader)).toMatchObject({ errorCode: 0 })
    expect(leave(leader)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    expect(driver.describe().members).toMatchObject([{ memberId: follower }])
  })

  test('from version 3 on each of several members has its own code', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(3)
    expect(driver.leave([leader, 'nobody', follower])).toEqual({
      errorCode: 0,
      members: [
        { memberId: leader, groupInstanceId: null, errorCode: 0 },
        { memberId: 'nobody', groupInstanceId: null, errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
        { memberId: follower, groupInstanceId: null, errorCode: 0 },
      ],
    })
    expect(driver.describe()).toMatchObject({ groupState: 'PreparingRebalance' })
  })

  test('an unknown group has no members', () => {
    const driver = new Driver()
    expect(driver.leave(['nobody'])).toEqual({
      errorCode: 0,
      members: [{ memberId: 'nobody', groupInstanceId: null, errorCode: ErrorCode.UNKNOWN_MEMBER_ID }],
    })
    expect(driver.leaveAs({ groupId: 'group', memberId: 'nobody', members: [] }, 2)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
    })
    expect(driver.leave(['nobody'], '')?.errorCode).toBe(ErrorCode.INVALID_GROUP_ID)
  })

  test('the last one leaves the group empty, one generation on, and that is written', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    driver.leave([leader])
    expect(driver.describe()).toMatchObject({ groupState: 'Empty', protocolType: 'consumer', members: [] })
    const reloaded = driver.reloaded()
    expect(reloaded.describe()).toMatchObject({ groupState: 'Empty', protocolType: 'consumer' })
    const [next = ''] = reloaded.stableGroup(1)
    expect(reloaded.heartbeat(next, 3)).toBe(0)
  })

  test('the others are called together', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    driver.leave([leader])
    expect(driver.heartbeat(follower)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const again = driver.join({ memberId: follower })
    expect(again.response).toMatchObject({ leader: follower, generationId: 2 })
  })

  test('the join phase ends if the one that leaves was the last to be awaited', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    const again = driver.join({ memberId: leader })
    driver.leave([follower])
    expect(again.response?.members).toMatchObject([{ memberId: leader }])
  })

  test('parked requests of the one that leaves are answered', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    const parkedJoin = driver.join({ memberId: leader })
    driver.leave([leader])
    expect(parkedJoin.response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    driver.join({ memberId: follower })
    const other = driver.joinTwice()
    driver.join({ memberId: follower })
    const parkedSync = driver.sync({ memberId: other.memberId, generationId: 3 })
    driver.leave([other.memberId])
    expect(parkedSync.response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('an id that was given out and not used goes without a rebalance', () => {
    const driver = new Driver()
    driver.stableGroup(1)
    const memberId = driver.join().response?.memberId ?? ''
    expect(driver.leave([memberId])?.members).toMatchObject([{ errorCode: 0 }])
    expect(driver.describe().groupState).toBe('Stable')
    expect(driver.join({ memberId }).response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})
