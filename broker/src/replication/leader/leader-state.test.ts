import { beforeEach, describe, expect, test } from 'vitest'
import { LeaderRecoveryState } from '../../cluster/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import { QUIET_IMAGE } from '../testing/harness.ts'
import { LeaderState } from './leader-state.ts'

const LAG_MS_MAX = 30_000
const IMAGE = {
  ...QUIET_IMAGE,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  leader: 1,
  leaderEpoch: 5,
  partitionEpoch: 10,
} as const

let fenced: Set<number>
let state: LeaderState

function lead(
  image: Partial<Omit<typeof IMAGE, 'isr'>> & { isr?: readonly number[] } = {},
  logEndOffset = 100,
) {
  const brokers = {
    isEligible: (id: number, epoch: number) => !fenced.has(id) && (epoch < 0 || epoch === id * 10),
    epochOf: (id: number) => id * 10,
  }
  state = new LeaderState({ ...IMAGE, ...image }, brokers, LAG_MS_MAX, logEndOffset, 0)
}

function fetch(
  brokerId: number,
  fetchOffset: number,
  leaderEndOffset: number,
  nowMs = 0,
  brokerEpoch = brokerId * 10,
) {
  return state.fetched({ brokerId, brokerEpoch, fetchOffset, logStartOffset: 0 }, leaderEndOffset, nowMs)
}

beforeEach(() => {
  fenced = new Set()
  lead()
})

describe('the high watermark', () => {
  test.each([
    { fetches: [], expected: 40, why: 'nobody in sync has fetched from this leader yet' },
    { fetches: [[2, 100]], expected: 40, why: 'one of the ISR has not' },
    {
      fetches: [
        [2, 90],
        [3, 70],
      ],
      expected: 70,
      why: 'the slowest of the ISR counts',
    },
    {
      fetches: [
        [2, 100],
        [3, 100],
      ],
      expected: 100,
      why: 'all have all',
    },
    {
      fetches: [
        [2, 30],
        [3, 30],
      ],
      expected: 40,
      why: 'it never goes back',
    },
  ])('is $expected when $why', ({ fetches, expected }) => {
    for (const [id, offset] of fetches) fetch(id as number, offset as number, 100)
    expect(state.highWatermark(40, 100, 2, 0)).toBe(expected)
  })

  test('stands still while the ISR is smaller than min.insync.replicas, which no replica count exceeds', () => {
    lead({ isr: [1] })
    fetch(2, 100, 100)
    expect(state.highWatermark(40, 100, 2, 0)).toBe(40)
    expect(state.highWatermark(40, 100, 1, 0)).toBe(100)
    expect(state.isUnderMinIsr(2)).toBe(true)
    lead({ isr: [1, 2, 3] })
    expect(state.isUnderMinIsr(7)).toBe(false)
  })

  test('waits for a replica that caught up a moment ago and is about to join, unless it is fenced', () => {
    lead({ isr: [1, 2] })
    fetch(2, 120, 120, 5)
    fetch(3, 100, 100, 5)
    expect(state.highWatermark(40, 120, 2, 10)).toBe(100)
    expect(state.highWatermark(40, 120, 2, 5 + LAG_MS_MAX + 1)).toBe(120)
    fenced.add(3)
    expect(state.highWatermark(40, 120, 2, 10)).toBe(120)
  })

  test('counts the members of a proposed ISR until it is decided', () => {
    lead({ isr: [1, 2] })
    fetch(2, 120, 120)
    fetch(3, 100, 100)
    const proposal = state.proposeExpansion(3, 100)
    if (proposal === undefined) throw new Error('no proposal')
    expect(state.highWatermark(40, 120, 2, LAG_MS_MAX * 9)).toBe(100)
    const refusal = { errorCode: ErrorCode.INELIGIBLE_REPLICA, leaderEpoch: 5, partitionEpoch: 10, isr: [] }
    expect(state.decided(proposal, refusal)).toBe('settled')
    expect(state.highWatermark(40, 120, 2, LAG_MS_MAX * 9)).toBe(120)
  })
})

describe('lastCaughtUp', () => {
  test.each([
    { second: 120, expected: 20, why: 'it has all there is now' },
    { second: 110, expected: 10, why: 'it has all there was at its last fetch' },
    { second: 109, expected: 0, why: 'it has not even that' },
  ])('is $expected when $why', ({ second, expected }) => {
    fetch(2, 50, 110, 10)
    fetch(2, second, 120, 20)
    expect(state.replica(2)?.lastCaughtUpMs).toBe(expected)
  })
})

describe('a replica that rests', () => {
  const pulse = { atMs: 0 }

  test('had everything until the last fetch of its session', () => {
    fetch(2, 100, 100, 10)
    fetch(3, 100, 100, 10)
    expect(state.rest(2, 100, pulse)).toBe(true)
    pulse.atMs = 50_000
    // Something was written, and is being synced.
    expect(state.proposeShrink(101, 60_000)?.isr.map(({ brokerId }) => brokerId)).toEqual([1, 2])
    state.endRest(2, { atMs: 99_000 })
    expect(state.replica(2)).toMatchObject({ lastCaughtUpMs: 10, pulse })
    state.endRest(2, pulse)
    expect(state.replica(2)).toMatchObject({ lastCaughtUpMs: 50_000, lastFetchMs: 50_000, pulse: undefined })
  })

  test('is in sync, has all that there is, and no change of the ISR is proposed', () => {
    fetch(2, 99, 100)
    expect(state.rest(2, 100, pulse)).toBe(false)
    expect(state.rest(9, 100, pulse)).toBe(false)
    lead({ isr: [1, 2] })
    fetch(2, 100, 100)
    fetch(3, 100, 100)
    expect([state.rest(2, 100, pulse), state.rest(3, 100, pulse)]).toEqual([true, false])
    state.proposeExpansion(3, 100)
    expect(state.rest(2, 100, pulse)).toBe(false)
  })
})

describe('the ISR', () => {
  test('shrinks by replicas that were behind for too long, once, until that is decided', () => {
    fetch(2, 100, 100, LAG_MS_MAX)
    expect(state.proposeShrink(100, LAG_MS_MAX)).toBeUndefined()
    const proposal = state.proposeShrink(100, LAG_MS_MAX + 1)
    expect(proposal).toEqual({
      leaderEpoch: 5,
      partitionEpoch: 10,
      isr: [
        { brokerId: 1, brokerEpoch: 10 },
        { brokerId: 2, brokerEpoch: 20 },
      ],
    })
    expect(state.proposeShrink(100, LAG_MS_MAX + 2)).toBeUndefined()
    expect(state.isr).toEqual([1, 2, 3])
  })

  test('keeps a replica that has everything, however long nothing was written', () => {
    fetch(2, 100, 100)
    fetch(3, 100, 100)
    expect(state.proposeShrink(100, LAG_MS_MAX * 100)).toBeUndefined()
  })

  test.each([
    { offset: 99, why: 'lacks committed records' },
    { offset: 100, epoch: 7, why: 'fetched in a former life' },
    { offset: 100, isFenced: true, why: 'is fenced' },
  ])('does not take in a replica that $why', ({ offset, epoch, isFenced = false }) => {
    lead({ isr: [1, 2] })
    if (isFenced) fenced.add(3)
    fetch(3, offset, 100, 0, epoch)
    expect(state.proposeExpansion(3, 100)).toBeUndefined()
  })

  test('does not take in a replica that lacks what was written before this leader began', () => {
    lead({ isr: [1, 2] }, 100)
    fetch(3, 60, 100)
    expect(state.proposeExpansion(3, 50)).toBeUndefined()
    fetch(3, 100, 100)
    expect(state.proposeExpansion(3, 50)?.isr.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3])
  })

  test.each([
    { errorCode: ErrorCode.NONE, outcome: 'settled', isr: [1, 2, 3] },
    { errorCode: ErrorCode.INELIGIBLE_REPLICA, outcome: 'settled', isr: [1, 2] },
    { errorCode: ErrorCode.INVALID_UPDATE_VERSION, outcome: 'waiting', isr: [1, 2] },
    { errorCode: ErrorCode.FENCED_LEADER_EPOCH, outcome: 'waiting', isr: [1, 2] },
    { errorCode: ErrorCode.NEW_LEADER_ELECTED, outcome: 'waiting', isr: [1, 2] },
    { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, outcome: 'retry', isr: [1, 2] },
  ])('after answer $errorCode is $isr and the proposal is $outcome', ({ errorCode, outcome, isr }) => {
    lead({ isr: [1, 2] })
    fetch(3, 100, 100)
    const proposal = state.proposeExpansion(3, 100)
    if (proposal === undefined) throw new Error('no proposal')
    const decision = { errorCode, leaderEpoch: 5, partitionEpoch: 11, isr: [1, 2, 3] }
    expect(state.decided(proposal, decision)).toBe(outcome)
    expect(state.isr).toEqual(isr)
    expect(state.proposal === undefined).toBe(outcome === 'settled')
  })

  test('keeps whom the controller removed until the metadata that removes it is here', () => {
    lead({ isr: [1, 2] })
    fetch(2, 50, 100, 0)
    const proposal = state.proposeShrink(100, LAG_MS_MAX + 1)
    if (proposal === undefined) throw new Error('no proposal')
    const decision = { errorCode: ErrorCode.NONE, leaderEpoch: 5, partitionEpoch: 11, isr: [1] }
    expect(state.decided(proposal, decision)).toBe('waiting')
    // Even if one replica is still enough as far as this leader knows.
    expect(state.highWatermark(40, 100, 1, LAG_MS_MAX + 1)).toBe(50)
    expect(state.proposeShrink(100, LAG_MS_MAX + 2)).toBeUndefined()
    state.update({ ...IMAGE, isr: [1], partitionEpoch: 11 }, 100, 0)
    expect([state.isr, state.proposal]).toEqual([[1], undefined])
    expect(state.highWatermark(50, 100, 2, LAG_MS_MAX + 1)).toBe(50)
    expect(state.highWatermark(50, 100, 1, LAG_MS_MAX + 1)).toBe(100)
  })

  test('that grew by an answer loses no news of a reassignment that ended with it', () => {
    lead({ isr: [1, 2] })
    fetch(3, 100, 100)
    const proposal = state.proposeExpansion(3, 100)
    if (proposal === undefined) throw new Error('no proposal')
    const decision = { errorCode: ErrorCode.NONE, leaderEpoch: 5, partitionEpoch: 11, isr: [1, 2, 3] }
    state.decided(proposal, decision)
    state.update({ ...IMAGE, replicas: [1, 2, 3, 4], partitionEpoch: 11 }, 100, 0)
    expect(state.replicaCount).toBe(4)
  })

  test('is proposed as it is by a leader that recovers, again until that is decided', () => {
    expect(state.proposeRecovered()).toBeUndefined()
    const leaderRecoveryState = LeaderRecoveryState.RECOVERING
    lead({ isr: [1] })
    state.update({ ...IMAGE, isr: [1], leaderEpoch: 6, partitionEpoch: 11, leaderRecoveryState }, 100, 0)
    const refused = state.proposeRecovered()
    const isr = [{ brokerId: 1, brokerEpoch: 10 }]
    expect(refused).toEqual({ leaderEpoch: 6, partitionEpoch: 11, isr })
    if (refused === undefined) throw new Error('no proposal')
    expect(state.proposeRecovered()).toBeUndefined()
    const decision = { leaderEpoch: 6, partitionEpoch: 11, isr: [1] }
    expect(state.decided(refused, { ...decision, errorCode: ErrorCode.INELIGIBLE_REPLICA })).toBe('settled')
    const again = state.proposeRecovered()
    if (again === undefined) throw new Error('no proposal')
    expect(state.decided(again, { ...decision, errorCode: ErrorCode.NONE, partitionEpoch: 12 })).toBe(
      'settled',
    )
    expect(state.proposeRecovered()).toBeUndefined()
  })

  test('is what newer metadata says; older metadata and late answers change nothing', () => {
    lead({ isr: [1, 2] })
    fetch(3, 100, 100)
    const proposal = state.proposeExpansion(3, 100)
    if (proposal === undefined) throw new Error('no proposal')
    state.update({ ...IMAGE, isr: [1], partitionEpoch: 12 }, 100, 0)
    expect([state.isr, state.proposal]).toEqual([[1], undefined])
    const late = { errorCode: ErrorCode.NONE, leaderEpoch: 5, partitionEpoch: 11, isr: [1, 2, 3] }
    expect(state.decided(proposal, late)).toBe('settled')
    state.update({ ...IMAGE, isr: [1, 2, 3], partitionEpoch: 11 }, 100, 0)
    expect(state.isr).toEqual([1])
  })
})

test('records are deleted everywhere when every live replica has dropped them', () => {
  fetch(2, 100, 100)
  expect(state.lowWatermark(60)).toBe(-1)
  fetch(3, 100, 100)
  expect(state.lowWatermark(60)).toBe(0)
  fenced.add(2).add(3)
  expect(state.lowWatermark(60)).toBe(60)
})
