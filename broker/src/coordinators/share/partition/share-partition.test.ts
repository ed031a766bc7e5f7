import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode, KafkaError } from '../../../wire/index.ts'
import { AcknowledgeType, DeliveryState, isFinal, type StateBatch } from '../delivery.ts'
import { SharePartition, type SharePartitionLimits } from './share-partition.ts'

const limits: SharePartitionLimits = { recordLocksMax: 100, deliveryCountMax: 3, lockDurationMs: 1000 }

function batch(firstOffset: number, lastOffset: number, isDelivered = true) {
  return { firstOffset, lastOffset, isDelivered }
}

function acquire(
  share: SharePartition,
  memberId: string,
  batches: ReturnType<typeof batch>[],
  { nowMs = 0, maxRecords = 500, isStrict = false, fetchOffset = share.nextFetchOffset } = {},
) {
  const acquired = share.acquire({ memberId, fetchOffset, batches, maxRecords, isStrict }, limits, nowMs)
  return acquired.map(({ firstOffset, lastOffset, deliveryCount }) => [
    firstOffset,
    lastOffset,
    deliveryCount,
  ])
}

function acknowledge(
  share: SharePartition,
  memberId: string,
  first: number,
  last: number,
  ...types: number[]
) {
  const batches = [{ firstOffset: first, lastOffset: last, acknowledgeTypes: types }]
  share.acknowledge(memberId, batches, limits, 0)
}

function refusal(action: () => void): number | undefined {
  try {
    action()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return undefined
}

test('records are for one member at a time, and accepted ones move the start', () => {
  const share = new SharePartition(10, [])
  expect(acquire(share, 'a', [batch(10, 14)])).toEqual([[10, 14, 1]])
  expect(acquire(share, 'b', [batch(10, 14), batch(15, 19)], { fetchOffset: 10 })).toEqual([[15, 19, 1]])
  acknowledge(share, 'a', 10, 14, AcknowledgeType.ACCEPT)
  expect(share.startOffset).toBe(15)
  expect(refusal(() => acknowledge(share, 'a', 15, 19, AcknowledgeType.ACCEPT))).toBe(
    ErrorCode.INVALID_RECORD_STATE,
  )
  expect(share.startOffset).toBe(15)
})

test('released records come again with a higher count, rejected ones do not', () => {
  const share = new SharePartition(0, [])
  acquire(share, 'a', [batch(0, 3)])
  const { ACCEPT, RELEASE, REJECT, GAP } = AcknowledgeType
  acknowledge(share, 'a', 0, 3, ACCEPT, RELEASE, REJECT, GAP)
  expect(share.startOffset).toBe(1)
  expect(share.deliveryCompleteCount).toBe(2)
  expect(share.nextFetchOffset).toBe(1)
  expect(acquire(share, 'b', [batch(0, 3)])).toEqual([[1, 1, 2]])
})

test('a lock that runs out gives the record to others, until it was delivered too often', () => {
  const share = new SharePartition(0, [])
  for (let delivery = 1; delivery <= 3; delivery++) {
    expect(acquire(share, `m${delivery}`, [batch(0, 0)])).toEqual([[0, 0, delivery]])
    expect(share.nextDeadlineMs).toBe(1000)
    share.expireLocks(limits, 999)
    expect(share.nextDeadlineMs).toBe(1000)
    share.expireLocks(limits, 1000)
  }
  expect(share.startOffset).toBe(1)
  expect(share.nextDeadlineMs).toBe(Infinity)
})

test('a renewed lock lasts longer', () => {
  const share = new SharePartition(0, [])
  acquire(share, 'a', [batch(0, 1)])
  const renew = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [AcknowledgeType.RENEW] }]
  share.acknowledge('a', renew, limits, 600)
  share.expireLocks(limits, 1000)
  expect(acquire(share, 'b', [batch(0, 1)], { nowMs: 1000 })).toEqual([[1, 1, 2]])
  share.expireLocks(limits, 1600)
  expect(acquire(share, 'b', [batch(0, 1)], { nowMs: 1600 })).toEqual([[0, 0, 2]])
})

test('offsets without a record, and records that are not to be delivered, are passed over', () => {
  const share = new SharePartition(0, [])
  const batches = [batch(2, 3), batch(6, 7, false), batch(10, 11)]
  expect(acquire(share, 'a', batches)).toEqual([
    [2, 3, 1],
    [10, 11, 1],
  ])
  expect(share.startOffset).toBe(2)
  acknowledge(share, 'a', 2, 3, AcknowledgeType.ACCEPT)
  expect(share.startOffset).toBe(10)
})

test('whole batches are acquired unless the number of records is a limit', () => {
  const share = new SharePartition(0, [])
  expect(acquire(share, 'a', [batch(0, 9), batch(10, 19)], { maxRecords: 5 })).toEqual([[0, 9, 1]])
  expect(acquire(share, 'a', [batch(10, 19)], { maxRecords: 5, isStrict: true })).toEqual([[10, 14, 1]])
})

test('no more records are locked than allowed', () => {
  const share = new SharePartition(0, [])
  acquire(share, 'a', [batch(0, 98)])
  expect(share.canAcquire(limits)).toBe(true)
  acquire(share, 'a', [batch(99, 120)])
  expect(share.canAcquire(limits)).toBe(false)
  expect(acquire(share, 'a', [batch(121, 130)])).toEqual([])
  share.release('a', limits)
  expect(share.canAcquire(limits)).toBe(true)
})

test('one bad batch keeps the whole acknowledgement from taking effect', () => {
  const share = new SharePartition(0, [])
  acquire(share, 'a', [batch(0, 9)])
  const good = { firstOffset: 0, lastOffset: 4, acknowledgeTypes: [AcknowledgeType.ACCEPT] }
  for (const bad of [
    { firstOffset: 5, lastOffset: 10, acknowledgeTypes: [1] },
    { firstOffset: 5, lastOffset: 6, acknowledgeTypes: [1, 1, 1] },
    { firstOffset: 6, lastOffset: 5, acknowledgeTypes: [1] },
    { firstOffset: 4, lastOffset: 6, acknowledgeTypes: [1] },
    { firstOffset: 5, lastOffset: 6, acknowledgeTypes: [9] },
  ])
    expect(refusal(() => share.acknowledge('a', [good, bad], limits, 0))).toBe(ErrorCode.INVALID_REQUEST)
  expect(share.startOffset).toBe(0)
})

test('records before the start of the log are forgotten', () => {
  const share = new SharePartition(0, [])
  acquire(share, 'a', [batch(0, 9)])
  share.logStartMoved(5)
  expect(share.startOffset).toBe(5)
  acknowledge(share, 'a', 0, 9, AcknowledgeType.ACCEPT)
  expect(share.startOffset).toBe(10)
  share.logStartMoved(50)
  expect([share.startOffset, share.nextFetchOffset]).toEqual([50, 50])
})

test('whatever happens: one owner, counts and start only rise, and what was kept gives the same state again', () => {
  const members = ['a', 'b', 'c']
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('acquire' as const),
      member: fc.constantFrom(...members),
      count: fc.integer({ min: 1, max: 12 }),
      isStrict: fc.boolean(),
      hasGap: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('acknowledge' as const),
      member: fc.constantFrom(...members),
      first: fc.nat(40),
      types: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }),
    }),
    fc.record({ kind: fc.constant('release' as const), member: fc.constantFrom(...members) }),
    fc.record({ kind: fc.constant('time' as const), ms: fc.nat(700) }),
    fc.record({ kind: fc.constant('logStart' as const), by: fc.nat(3) }),
  )
  const check = (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
    const share = new SharePartition(0, [])
    const counts = new Map<number, number>()
    let kept = { startOffset: 0, states: new Map<number, StateBatch>() }
    let nowMs = 0
    for (const each of steps) {
      const startBefore = share.startOffset
      const owners = new Map(ownersOf(share))
      if (each.kind === 'acquire') {
        const from = share.nextFetchOffset
        const first = from + (each.hasGap ? 1 : 0)
        const batches = [
          batch(first, first + each.count),
          batch(first + each.count + 1, first + each.count + 4),
        ]
        const { member, isStrict, count: maxRecords } = each
        for (const [start = 0, end = 0] of acquire(share, member, batches, { nowMs, maxRecords, isStrict }))
          for (let offset = start; offset <= end; offset++) expect(owners.get(offset)).toBeUndefined()
      } else if (each.kind === 'acknowledge') {
        const firstOffset = share.startOffset + each.first
        const lastOffset = firstOffset + each.types.length - 1
        const acks = [{ firstOffset, lastOffset, acknowledgeTypes: each.types }]
        refusal(() => share.acknowledge(each.member, acks, limits, nowMs))
      } else if (each.kind === 'release') share.release(each.member, limits)
      else if (each.kind === 'logStart') share.logStartMoved(share.startOffset + each.by)
      else {
        nowMs += each.ms
        share.expireLocks(limits, nowMs)
      }
      expect(share.startOffset).toBeGreaterThanOrEqual(startBefore)
      let next = share.startOffset
      for (const range of share.ranges) {
        expect(range.first).toBe(next)
        next = range.last + 1
        expect(range.state === DeliveryState.ACQUIRED).toBe(range.memberId !== null)
        for (let offset = range.first; offset <= range.last; offset++) {
          expect(range.deliveryCount).toBeGreaterThanOrEqual(counts.get(offset) ?? 0)
          counts.set(offset, range.deliveryCount)
        }
      }
      kept = keep(kept, share.takeWrite())
    }
    const again = new SharePartition(kept.startOffset, [...kept.states.values()])
    expect(again.startOffset).toBe(share.startOffset)
    for (const range of share.ranges) {
      if (range.state === DeliveryState.ACQUIRED) continue
      for (let offset = range.first; offset <= range.last; offset++) {
        const same = again.ranges.find(({ first, last }) => first <= offset && offset <= last)
        // What only locks were behind is not kept: it is new to the next leader.
        if (same === undefined) expect(range.state).toBe(DeliveryState.AVAILABLE)
        else expect([same.state, same.deliveryCount]).toEqual([range.state, range.deliveryCount])
      }
    }
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), check), { seed: 3, numRuns: 400 })
})

type Kept = { startOffset: number; states: Map<number, StateBatch> }

function keep(kept: Kept, write: ReturnType<SharePartition['takeWrite']>): Kept {
  if (write === undefined) return kept
  const states = new Map(kept.states)
  for (const each of write.stateBatches) {
    for (let offset = each.firstOffset; offset <= each.lastOffset; offset++)
      states.set(offset, { ...each, firstOffset: offset, lastOffset: offset })
  }
  for (const offset of states.keys()) if (offset < write.startOffset) states.delete(offset)
  expect([...states.values()].filter(({ deliveryState }) => isFinal(deliveryState))).toHaveLength(
    write.deliveryCompleteCount,
  )
  return { startOffset: write.startOffset, states }
}

function* ownersOf(share: SharePartition): Generator<[number, string]> {
  for (const { first, last, memberId } of share.ranges) {
    if (memberId === null) continue
    for (let offset = first; offset <= last; offset++) yield [offset, memberId]
  }
}
