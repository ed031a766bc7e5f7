/** Transactions of one log: what is stable, which were aborted, and that neither is forgotten. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../wire/index.ts'
import { batch, errorCodeOf, START_MS, truncate } from '../testing/harness.ts'
import { PRODUCER_ID, Transactions } from '../testing/transactions.ts'

const PRODUCER = { producerId: PRODUCER_ID, producerEpoch: 0 }
const WITHOUT_GUARD = { guard: false }

describe('the last stable offset', () => {
  test('stays at the first record of the oldest open transaction', () => {
    const all = new Transactions()
    all.world.append()
    all.send({ id: 1 })
    all.send({ id: 2 })
    all.world.append()
    all.replicate()
    expect([all.log.highWatermark, all.log.lastStableOffset]).toEqual([4, 1])
    all.end(true, { id: 1 })
    all.replicate()
    expect(all.log.lastStableOffset).toBe(2)
    all.end(false, { id: 2 })
    all.replicate()
    expect(all.log.lastStableOffset).toBe(6)
  })

  test('does not pass a transaction whose marker is not replicated yet', () => {
    const all = new Transactions()
    all.send()
    all.send()
    all.log.highWatermark = 2
    all.end(true)
    expect(all.log.lastStableOffset).toBe(0)
    all.replicate()
    expect(all.log.lastStableOffset).toBe(3)
  })

  test('is never below the log start', () => {
    const all = new Transactions()
    all.send()
    all.world.append()
    all.world.append()
    all.replicate()
    all.log.deleteRecordsBefore(2)
    expect(all.log.lastStableOffset).toBe(2)
  })
})

describe('who may append', () => {
  test('a transactional batch begins a transaction only with a guard that still holds', () => {
    const all = new Transactions()
    expect(errorCodeOf(() => all.send(WITHOUT_GUARD))).toBe(ErrorCode.INVALID_TXN_STATE)
    all.send()
    all.send(WITHOUT_GUARD)
    all.end(true)
    expect(errorCodeOf(() => all.send(WITHOUT_GUARD))).toBe(ErrorCode.INVALID_TXN_STATE)
  })

  test('a guard from before a marker is void', () => {
    const all = new Transactions()
    const late = batch({ producerId: PRODUCER_ID, producerEpoch: 0, baseSequence: 0, transactional: true })
    const verification = all.log.beginVerification(PRODUCER, 0, START_MS)
    expect(verification).toBeDefined()
    all.end(false)
    const stage = () =>
      all.log.stage(late, { leaderEpoch: 0, nowMs: START_MS, origin: 'client', verification })
    expect(errorCodeOf(stage)).toBe(ErrorCode.INVALID_TXN_STATE)
  })

  test('a batch does not overtake the one with which its transaction was asked for', () => {
    const all = new Transactions()
    const first = batch({ producerId: PRODUCER_ID, producerEpoch: 0, baseSequence: 0, transactional: true })
    const verification = all.log.beginVerification(PRODUCER, 0, START_MS)
    expect(errorCodeOf(() => all.send({ sequence: 1 }))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    all.log.stage(first, { leaderEpoch: 0, nowMs: START_MS, origin: 'client', verification })
    expect(all.send({ sequence: 1 })).toBe(1)
  })

  test('an ordinary batch is not for a producer with an open transaction', () => {
    const all = new Transactions()
    all.send()
    const ordinary = batch({ producerId: PRODUCER_ID, producerEpoch: 0, baseSequence: 1 })
    expect(errorCodeOf(() => all.world.stage(ordinary))).toBe(ErrorCode.INVALID_TXN_STATE)
  })

  test('a marker fences the epochs below it', () => {
    const all = new Transactions()
    all.send()
    all.end(false, { epoch: 1 })
    expect(errorCodeOf(() => all.send({ epoch: 0, sequence: 1 }))).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(all.send({ epoch: 1 })).toBe(2)
  })

  test('a marker of an older epoch or an older coordinator is refused', () => {
    const all = new Transactions()
    all.end(true, { epoch: 3, coordinatorEpoch: 5 })
    expect(errorCodeOf(() => all.end(true, { epoch: 2, coordinatorEpoch: 5 }))).toBe(
      ErrorCode.INVALID_PRODUCER_EPOCH,
    )
    expect(errorCodeOf(() => all.end(true, { epoch: 3, coordinatorEpoch: 4 }))).toBe(
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    )
    all.end(true, { epoch: 3, coordinatorEpoch: 5 })
  })

  test('with transactions of version 2 a marker comes once: it has an epoch of its own', () => {
    const all = new Transactions()
    all.send()
    all.end(true, { epoch: 1, transactionVersion: 2 })
    expect(errorCodeOf(() => all.end(true, { epoch: 1, transactionVersion: 2 }))).toBe(
      ErrorCode.INVALID_PRODUCER_EPOCH,
    )
  })
})

test('aborted transactions are found where they overlap, over segments', () => {
  const all = new Transactions({ segmentBytes: 400 })
  for (let round = 0; round < 6; round++) {
    all.send()
    all.send()
    all.end(round % 2 === 0)
  }
  all.replicate()
  expect(all.log.segmentCount).toBeGreaterThan(2)
  const firsts = (from: number, upTo: number) =>
    all.log.abortedTransactions(from, upTo).map(({ firstOffset }) => firstOffset)
  expect(firsts(0, 18)).toEqual([3, 9, 15])
  expect(firsts(0, 3)).toEqual([])
  expect(firsts(4, 6)).toEqual([3])
  expect(firsts(5, 10)).toEqual([3, 9])
  expect(firsts(6, 18)).toEqual([9, 15])
})

test('an aborted transaction without records here is not in the index', () => {
  const all = new Transactions()
  all.end(false)
  all.replicate()
  expect(all.log.abortedTransactions(0, 1)).toEqual([])
})

type Step =
  | { readonly kind: 'send' | 'commit' | 'abort'; readonly id: number }
  | { readonly kind: 'reopen'; readonly shutdown: 'clean' | 'killed' }
  | { readonly kind: 'truncate'; readonly back: number }
  | { readonly kind: 'replicate' }

const id = fc.integer({ min: 1, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('replicate' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), back: fc.nat(6) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reopen' as const),
      shutdown: fc.constantFrom('clean' as const, 'killed' as const),
    }),
  },
)

/** What a log says by the order of its batches alone: one entry for each offset. */
type Batch = { readonly id: number; readonly kind: 'send' | 'commit' | 'abort' }

function stableOf(history: readonly Batch[], highWatermark: number): number {
  const open = new Map<number, number>()
  const unstable: number[] = []
  for (const [offset, { id: producer, kind }] of history.entries()) {
    if (kind === 'send') open.set(producer, open.get(producer) ?? offset)
    else {
      const first = open.get(producer)
      if (first !== undefined && offset >= highWatermark) unstable.push(first)
      open.delete(producer)
    }
  }
  return Math.min(highWatermark, ...open.values(), ...unstable)
}

function abortedOf(history: readonly Batch[]) {
  const open = new Map<number, number>()
  const aborted: { producerId: number; firstOffset: number; lastOffset: number }[] = []
  for (const [offset, { id: producerId, kind }] of history.entries()) {
    const firstOffset = open.get(producerId)
    if (kind === 'send') open.set(producerId, firstOffset ?? offset)
    else if (firstOffset !== undefined) {
      if (kind === 'abort') aborted.push({ producerId, firstOffset, lastOffset: offset })
      open.delete(producerId)
    }
  }
  return aborted
}

test('over restarts and truncations the log says what its batches say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const all = new Transactions({ segmentBytes: 500 })
      const history: Batch[] = []
      let epoch = 0
      for (const each of steps) {
        switch (each.kind) {
          case 'send':
            all.send({ id: each.id, epoch })
            history.push({ id: each.id, kind: 'send' })
            break
          case 'commit':
          case 'abort':
            all.end(each.kind === 'commit', { id: each.id, epoch })
            history.push({ id: each.id, kind: each.kind })
            break
          case 'replicate':
            all.replicate()
            break
          case 'truncate': {
            const to = Math.max(all.log.highWatermark, history.length - each.back)
            truncate(all.log, to)
            history.length = to
            // What was cut off may have been sequences of this epoch.
            epoch++
            break
          }
          case 'reopen': {
            const { highWatermark, recoveryPoint } = all.log
            if (each.shutdown === 'clean') await all.log.close()
            else all.world.disk.kill()
            all.world.reopen(each.shutdown, { highWatermark, recoveryPoint })
            break
          }
        }
        expect(all.log.logEndOffset).toBe(history.length)
        const stable = stableOf(history, all.log.highWatermark)
        if (all.log.knowsStableOffset) expect(all.log.lastStableOffset).toBe(stable)
        else expect(all.log.lastStableOffset).toBeLessThanOrEqual(stable)
      }
      all.replicate()
      expect(all.log.lastStableOffset).toBe(stableOf(history, history.length))
      expect(
        all.log.abortedTransactions(0, history.length).map(({ lastStableOffset, ...rest }) => rest),
      ).toEqual(abortedOf(history))
    }),
    { numRuns: 300, seed: 11 },
  )
})

test('after a power loss the index has every aborted transaction that the log still has', async () => {
  const all = new Transactions({ segmentBytes: 500 })
  for (let round = 0; round < 8; round++) {
    all.send()
    all.end(false)
    if (round === 4) await all.log.flush()
  }
  const { recoveryPoint } = all.log
  all.world.disk.losePower(all.world.random)
  all.world.reopen('unknown', { recoveryPoint, highWatermark: recoveryPoint })
  const firsts = all.log
    .abortedTransactions(0, all.log.logEndOffset)
    .map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])
  const expected = Array.from({ length: Math.floor(all.log.logEndOffset / 2) }, (_, n) => [2 * n, 2 * n + 1])
  expect(all.log.logEndOffset).toBeGreaterThanOrEqual(10)
  expect(firsts).toEqual(expected)
})
