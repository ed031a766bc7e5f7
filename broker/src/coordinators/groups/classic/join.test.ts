import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import { Driver, subscription } from '../test-driver.ts'

const metadata = subscription('topic')
const protocols = (...names: string[]) => names.map((name) => ({ name, metadata }))

describe('getting a member id (KIP-394)', () => {
  test('a dynamic member is given an id and has to come back with it', () => {
    const driver = new Driver()
    const first = driver.join()
    expect(first.response).toMatchObject({
      errorCode: ErrorCode.MEMBER_ID_REQUIRED,
      memberId: 'client-uuid-1',
      generationId: -1,
    })
    const second = driver.join({ memberId: 'client-uuid-1' })
    expect(second.response).toBeUndefined()
    driver.advance(3_000)
    expect(second.response).toMatchObject({ errorCode: 0, memberId: 'client-uuid-1', generationId: 1 })
  })

  test('before version 4 the member joins at once and learns its id from the answer', () => {
    const driver = new Driver()
    const call = driver.join({}, 3)
    driver.advance(3_000)
    expect(call.response).toMatchObject({ errorCode: 0, memberId: 'client-uuid-1', leader: 'client-uuid-1' })
  })

  test('a given-out id lapses after the session timeout', () => {
    const driver = new Driver()
    const memberId = driver.join().response?.memberId ?? ''
    driver.advance(10_001)
    expect(driver.join({ memberId }).response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })

  test('a given-out id is for a dynamic member only', () => {
    const driver = new Driver()
    const memberId = driver.join().response?.memberId ?? ''
    const call = driver.join({ memberId, groupInstanceId: 'instance' })
    expect(call.response?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('ids are not given out without end', () => {
    const driver = new Driver()
    for (let count = 0; count < 10_000; count++) driver.join()
    expect(driver.join().response?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  })

  test('a rebalance waits for members that were given an id', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    const memberId = driver.join().response?.memberId ?? ''
    const again = driver.join({ memberId: leader })
    expect(again.response).toBeUndefined()
    driver.join({ memberId })
    expect(again.response).toMatchObject({ generationId: 2 })
    expect(again.response?.members).toHaveLength(2)
  })

  test('a rebalance stops waiting for an id that lapsed', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(1)
    driver.join()
    const again = driver.join({ memberId: leader })
    driver.advance(10_000)
    expect(again.response).toMatchObject({ errorCode: 0, generationId: 2 })
  })
})

describe('what a JoinGroup must be like', () => {
  test.each([
    [{ groupId: '' }, ErrorCode.INVALID_GROUP_ID],
    [{ sessionTimeoutMs: 5_999 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    [{ sessionTimeoutMs: 1_800_001 }, ErrorCode.INVALID_SESSION_TIMEOUT],
    [{ protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    [{ protocolType: '' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    [{ memberId: 'nobody' }, ErrorCode.UNKNOWN_MEMBER_ID],
    [{ groupId: 'g'.repeat(40_000) }, ErrorCode.INVALID_REQUEST],
    [{ groupInstanceId: 'i'.repeat(32_767) }, ErrorCode.INVALID_REQUEST],
  ])('%o is refused', (fields, errorCode) => {
    const driver = new Driver()
    const { response } = driver.join(fields)
    expect(response).toMatchObject({ errorCode, generationId: -1, leader: '', members: [] })
    expect(driver.shard.list({ statesFilter: [], typesFilter: [] })).toEqual([])
  })

  test('session timeouts at the bounds are taken', () => {
    const driver = new Driver()
    for (const sessionTimeoutMs of [6_000, 1_800_000]) {
      expect(driver.join({ sessionTimeoutMs }).response?.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED)
    }
  })

  test('the protocol type and one protocol have to be those of the group', () => {
    const driver = new Driver()
    driver.stableGroup(1, [{ protocols: protocols('range', 'sticky') }])
    const { INCONSISTENT_GROUP_PROTOCOL, MEMBER_ID_REQUIRED } = ErrorCode
    expect(driver.join({ protocolType: 'connect' }).response?.errorCode).toBe(INCONSISTENT_GROUP_PROTOCOL)
    expect(driver.join({ protocols: protocols('other') }).response?.errorCode).toBe(
      INCONSISTENT_GROUP_PROTOCOL,
    )
    expect(driver.join({ protocols: protocols('sticky') }).response?.errorCode).toBe(MEMBER_ID_REQUIRED)
  })

  test('an error names no protocol: by null from version 7 on, by an empty string before', () => {
    const driver = new Driver()
    expect(driver.join({ groupId: '' }, 7).response?.protocolName).toBeNull()
    expect(driver.join({ groupId: '' }, 6).response?.protocolName).toBe('')
  })

  test('request bytes are copied: their frame is reused', () => {
    const driver = new Driver()
    const frame = Buffer.from('metadata')
    const { memberId } = driver.joinTwice({ protocols: [{ name: 'range', metadata: frame }] })
    frame.fill(0)
    driver.advance(3_000)
    driver.sync({ memberId })
    expect(driver.describe().members[0]?.memberMetadata.toString()).toBe('metadata')
  })
})

describe('the join phase', () => {
  test('the first one waits group.initial.rebalance.delay.ms, and again while members arrive', () => {
    const driver = new Driver()
    const first = driver.joinTwice()
    driver.advance(2_000)
    const second = driver.joinTwice()
    driver.advance(1_000)
    expect(first.response).toBeUndefined()
    driver.advance(3_000)
    expect(first.response?.generationId).toBe(1)
    expect(second.response?.generationId).toBe(1)
  })

  test('the initial delay is extended up to the rebalance timeout', () => {
    const driver = new Driver()
    const first = driver.joinTwice({ rebalanceTimeoutMs: 8_000 })
    for (let elapsedMs = 0; elapsedMs < 7_000; elapsedMs += 1_000) {
      driver.joinTwice({ rebalanceTimeoutMs: 8_000 })
      expect(first.response).toBeUndefined()
      driver.advance(1_000)
    }
    driver.joinTwice({ rebalanceTimeoutMs: 8_000 })
    driver.advance(1_000)
    expect(first.response?.members).toHaveLength(9)
  })

  test('a delay of 0 lets the first member in with the next tick', () => {
    const driver = new Driver({ groupInitialRebalanceDelayMs: 0 })
    const call = driver.joinTwice()
    driver.advance(0)
    expect(call.response).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  test('the leader alone learns who the members are', () => {
    const driver = new Driver()
    const leader = driver.joinTwice()
    const follower = driver.joinTwice({ protocols: [{ name: 'range', metadata: Buffer.from('mine') }] })
    driver.advance(6_000)
    expect(leader.response).toMatchObject({
      leader: leader.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      members: [
        { memberId: leader.memberId, groupInstanceId: null, metadata },
        { memberId: follower.memberId, groupInstanceId: null, metadata: Buffer.from('mine') },
      ],
    })
    expect(follower.response).toMatchObject({ leader: leader.memberId, members: [] })
  })

  test('every member votes for the first of its protocols that all support', () => {
    const driver = new Driver()
    driver.joinTwice({ protocols: protocols('a', 'b', 'c') })
    driver.joinTwice({ protocols: protocols('d', 'c', 'b') })
    const last = driver.joinTwice({ protocols: protocols('c', 'b') })
    driver.advance(6_000)
    expect(last.response?.protocolName).toBe('c')
  })

  test('a new member makes the others join again, and the phase ends when all did', () => {
    const driver = new Driver()
    const [first = '', second = ''] = driver.stableGroup(2)
    const third = driver.joinTwice()
    expect(driver.heartbeat(first)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    const calls = [driver.join({ memberId: first }), driver.join({ memberId: second }), third]
    expect(calls.map(({ response }) => response?.generationId)).toEqual([2, 2, 2])
  })

  test('dynamic members that do not join again before the longest rebalance timeout are out', () => {
    const driver = new Driver()
    const [first = '', second = ''] = driver.stableGroup(2, [
      { rebalanceTimeoutMs: 30_000, sessionTimeoutMs: 1_800_000 },
      { rebalanceTimeoutMs: 50_000, sessionTimeoutMs: 1_800_000 },
    ])
    const again = driver.join({ memberId: first, rebalanceTimeoutMs: 30_000 })
    driver.advance(49_999)
    expect(again.response).toBeUndefined()
    driver.advance(1)
    expect(again.response?.members).toMatchObject([{ memberId: first }])
    expect(driver.heartbeat(second, 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })

  test('a leader that does not join again loses its part', () => {
    const driver = new Driver()
    const [, second = ''] = driver.stableGroup(2)
    const again = driver.join({ memberId: second, protocols: protocols('range', 'more') })
    driver.advance(60_000)
    expect(again.response).toMatchObject({ leader: second, generationId: 2 })
  })

  test('without a rebalance timeout (version 0) the session timeout serves', () => {
    const driver = new Driver()
    const fields = { rebalanceTimeoutMs: -1, sessionTimeoutMs: 20_000 }
    const first = driver.join(fields, 0)
    driver.join(fields, 0)
    driver.advance(6_000)
    const memberId = first.response?.memberId ?? ''
    const again = driver.join({ ...fields, memberId, protocols: protocols('range', 'more') }, 0)
    driver.advance(20_000)
    expect(again.response?.members).toHaveLength(1)
  })

  test('a member that joins again while its join is parked gets the answer for the second one', () => {
    const driver = new Driver()
    const { memberId, ...first } = driver.joinTwice()
    const parked = driver.join({ memberId })
    const later = driver.join({ memberId })
    expect(first.response).toBeUndefined()
    expect(parked.response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    driver.advance(3_000)
    expect(later.response).toMatchObject({ errorCode: 0, generationId: 1 })
  })
})

describe('joining again without need', () => {
  test('a follower of a stable group learns the current generation', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    const { response } = driver.join({ memberId: follower })
    expect(response).toMatchObject({ errorCode: 0, generationId: 1, leader, members: [] })
    expect(driver.describe().groupState).toBe('Stable')
  })

  test('a leader of a stable group starts a rebalance', () => {
    const driver = new Driver()
    const [leader = ''] = driver.stableGroup(2)
    expect(driver.join({ memberId: leader }).response).toBeUndefined()
    expect(driver.describe().groupState).toBe('PreparingRebalance')
  })

  test('a follower with another subscription starts a rebalance', () => {
    const driver = new Driver()
    const [leader = '', follower = ''] = driver.stableGroup(2)
    const other = [{ name: 'range', metadata: subscription('other') }]
    driver.join({ memberId: follower, protocols: other }, 9, { clientId: 'new', clientHost: '/::1' })
    expect(driver.describe().groupState).toBe('PreparingRebalance')
    const { response } = driver.join({ memberId: leader })
    expect(response?.members).toMatchObject([{ metadata }, { metadata: subscription('other') }])
    expect(driver.describe().members[1]).toMatchObject({ clientId: 'new', clientHost: '/::1' })
  })

  test('while the assignment is awaited, everybody may hear again what it joined', () => {
    const driver = new Driver()
    const leader = driver.joinTwice()
    const follower = driver.joinTwice()
    driver.advance(6_000)
    expect(driver.join({ memberId: leader.memberId }).response?.members).toHaveLength(2)
    expect(driver.join({ memberId: follower.memberId }).response).toMatchObject({
      generationId: 1,
      members: [],
    })
    expect(driver.describe().groupState).toBe('CompletingRebalance')
  })

  test('while the assignment is awaited, another subscription starts over', () => {
    const driver = new Driver()
    const leader = driver.joinTwice()
    const follower = driver.joinTwice()
    driver.advance(6_000)
    const waiting = driver.sync({ memberId: follower.memberId })
    driver.join({ memberId: leader.memberId, protocols: protocols('range', 'more') })
    expect(waiting.response?.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(driver.describe().groupState).toBe('PreparingRebalance')
  })
})

describe('group.max.size', () => {
  test('a stable group takes no more members', () => {
    const driver = new Driver({ groupMaxSize: 2 })
    driver.stableGroup(2)
    expect(driver.join().response).toMatchObject({
      errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED,
      memberId: '',
    })
  })

  test('while a group joins, the first to come take the places', () => {
    const driver = new Driver({ groupMaxSize: 2 })
    const calls = [driver.joinTwice(), driver.joinTwice(), driver.join()]
    driver.advance(6_000)
    expect(calls.map(({ response }) => response?.errorCode)).toEqual([0, 0, ErrorCode.GROUP_MAX_SIZE_REACHED])
  })

  test('a member of a full group may send its join again', () => {
    const driver = new Driver({ groupMaxSize: 2 })
    const { memberId } = driver.joinTwice()
    driver.joinTwice()
    const again = driver.join({ memberId })
    driver.advance(6_000)
    expect(again.response?.errorCode).toBe(0)
  })

  test('a group that is too big after loading is cut down', () => {
    const before = new Driver()
    const memberIds = before.stableGroup(3)
    const driver = before.reloaded({ groupMaxSize: 2 })
    expect(driver.describe().groupState).toBe('PreparingRebalance')
    const calls = memberIds.map((memberId) => driver.join({ memberId }))
    expect(calls.map(({ response }) => response?.errorCode)).toEqual([0, 0, ErrorCode.GROUP_MAX_SIZE_REACHED])
    expect(calls[0]?.response?.members).toHaveLength(2)
  })
})
