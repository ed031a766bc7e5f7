import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver, subscription } from '../test-driver.ts'

const instance = (groupInstanceId: string) => ({ groupInstanceId })
const metadata = subscription('topic')

describe('static members (KIP-345)', () => {
  test('join with one request and get an id made of their instance id', () => {
    const driver = new Driver()
    const call = driver.join(instance('a'))
    driver.advance(3_000)
    expect(call.response).toMatchObject({ errorCode: 0, memberId: 'a-uuid-1' })
    expect(call.response?.members).toMatchObject([{ memberId: 'a-uuid-1', groupInstanceId: 'a' }])
  })

  test('come back to a stable group under a new id, without a rebalance', () => {
    const driver = new Driver()
    const [leader = '', old = ''] = driver.stableGroup(2, [instance('a'), instance('b')])
    const written = driver.log.length
    const { response } = driver.join(instance('b'))
    expect(response).toMatchObject({ errorCode: 0, generationId: 1, leader, members: [] })
    expect(response?.memberId).not.toBe(old)
    expect(driver.log).toHaveLength(written + 1)
    expect(driver.describe().groupState).toBe('Stable')
    const synced = driver.sync({ memberId: response?.memberId ?? '', groupInstanceId: 'b' })
    expect(synced.response?.assignment.toString()).toBe(old)
    expect(driver.reloaded().describe()).toEqual(driver.describe())
  })

  test('that come back have a whole session', () => {
    const driver = new Driver()
    driver.stableGroup(1, [instance('a')])
    driver.advance(9_000)
    const memberId = driver.join(instance('a')).response?.memberId ?? ''
    driver.advance(9_000)
    expect(driver.heartbeat(memberId, 1, 'a')).toBe(0)
  })

  test('that come back instead of fetching their assignment are not missed as the old ones', () => {
    const driver = new Driver()
    const long = { sessionTimeoutMs: 600_000 }
    const leader = driver.join({ ...instance('a'), ...long })
    driver.join({ ...instance('b'), ...long })
    driver.advance(6_000)
    driver.sync({ memberId: leader.response?.memberId ?? '', groupInstanceId: 'a' })
    driver.join({ ...instance('b'), ...long })
    driver.advance(60_000)
    expect(driver.describe().groupState).toBe('Stable')
  })

  test('that come back while the group joins wait as long as it takes', () => {
    const driver = new Driver({ groupInitialRebalanceDelayMs: 30_000 })
    driver.join(instance('a'))
    const call = driver.join(instance('a'))
    driver.advance(30_000)
    expect(call.response?.errorCode).toBe(0)
  })

  test('a leader that comes back is told to skip the assignment (KIP-814)', () => {
    const driver = new Driver()
    driver.stableGroup(2, [instance('a'), instance('b')])
    const { response } = driver.join(instance('a'), 9)
    expect(response).toMatchObject({ skipAssignment: true, leader: response?.memberId, generationId: 1 })
    expect(response?.members).toHaveLength(2)
  })

  test('before version 9 a leader that comes back takes itself for a follower', () => {
    const driver = new Driver()
    const [old = ''] = driver.stableGroup(2, [instance('a'), instance('b')])
    const { response } = driver.join(instance('a'), 8)
    expect(response).toMatchObject({ leader: old, members: [], generationId: 1 })
    expect(response?.skipAssignment ?? false).toBe(false)
  })

  test('whoever uses the old id is fenced', () => {
    const driver = new Driver()
    const [old = ''] = driver.stableGroup(1, [instance('a')])
    driver.join(instance('a'))
    const { FENCED_INSTANCE_ID, UNKNOWN_MEMBER_ID } = ErrorCode
    expect(driver.heartbeat(old, 1, 'a')).toBe(FENCED_INSTANCE_ID)
    expect(driver.sync({ memberId: old, groupInstanceId: 'a' }).response?.errorCode).toBe(FENCED_INSTANCE_ID)
    expect(driver.join({ memberId: old, groupInstanceId: 'a' }).response?.errorCode).toBe(FENCED_INSTANCE_ID)
    const commit = { memberId: old, groupInstanceId: 'a', generation: 1, offsets: { topic: 1 } }
    expect(driver.commit(commit)).toEqual([FENCED_INSTANCE_ID])
    expect(driver.leave([{ instance: 'a', memberId: old }])?.members).toMatchObject([
      { errorCode: FENCED_INSTANCE_ID },
    ])
    expect(driver.heartbeat(old, 1, 'other')).toBe(UNKNOWN_MEMBER_ID)
  })

  test('a parked join of the old id is fenced', () => {
    const driver = new Driver()
    const old = driver.join(instance('a'))
    const replacement = driver.join(instance('a'))
    expect(old.response).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID, memberId: 'a-uuid-1' })
    driver.advance(6_000)
    expect(replacement.response).toMatchObject({ errorCode: 0, memberId: 'a-uuid-2' })
    expect(replacement.response?.members).toHaveLength(1)
  })

  test('a parked sync of the old id is fenced, and the group starts over', () => {
    const driver = new Driver()
    driver.join(instance('a'))
    const follower = driver.join(instance('b'))
    driver.advance(6_000)
    const waiting = driver.sync({ memberId: follower.response?.memberId ?? '', groupInstanceId: 'b' })
    driver.join(instance('b'))
    expect(waiting.response?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(driver.describe().groupState).toBe('PreparingRebalance')
  })

  test('coming back with protocols that change the vote starts a rebalance', () => {
    const driver = new Driver()
    const both = ['range', 'sticky'].map((name) => ({ name, metadata }))
    driver.stableGroup(1, [{ ...instance('a'), protocols: both }])
    const call = driver.join({ ...instance('a'), protocols: both.toReversed() })
    expect(call.response).toMatchObject({ generationId: 2, protocolName: 'sticky' })
  })

  test('coming back to a full group is no new member', () => {
    const driver = new Driver({ groupMaxSize: 1 })
    driver.stableGroup(1, [instance('a')])
    expect(driver.join(instance('a')).response?.errorCode).toBe(0)
  })

  test('stay in the group over a rebalance that they miss', () => {
    const driver = new Driver()
    const [, leader = ''] = driver.stableGroup(2, [{ ...instance('a'), sessionTimeoutMs: 600_000 }])
    const again = driver.join({
      memberId: leader,
      protocols: [{ name: 'range', metadata: subscription('b') }],
    })
    driver.advance(60_000)
    expect(again.response?.leader).toBe(leader)
    expect(again.response?.members).toMatchObject([{ groupInstanceId: 'a' }, { memberId: leader }])
  })

  test('a group of nothing but missing static members waits until one joins or their sessions end', () => {
    const driver = new Driver()
    const [, dynamic = ''] = driver.stableGroup(2, [{ ...instance('a'), sessionTimeoutMs: 600_000 }])
    driver.leave([dynamic])
    driver.advance(599_000)
    expect(driver.describe().groupState).toBe('PreparingRebalance')
    driver.advance(61_000)
    expect(driver.describe()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('are removed by instance id alone', () => {
    const driver = new Driver()
    driver.stableGroup(2, [instance('a'), instance('b')])
    expect(driver.leave([{ instance: 'a' }, { instance: 'unknown' }])).toEqual({
      errorCode: 0,
      members: [
        { memberId: '', groupInstanceId: 'a', errorCode: 0 },
        { memberId: '', groupInstanceId: 'unknown', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
      ],
    })
    expect(driver.describe().members).toMatchObject([{ groupInstanceId: 'b' }])
  })
})
