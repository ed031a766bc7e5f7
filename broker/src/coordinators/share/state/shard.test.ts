import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import type { Outcome } from '../../coordinator-shard.ts'
import type { StateBatch } from '../delivery.ts'
import { ShareStateShard } from './shard.ts'
import { mergeBatches } from './share-state.ts'

const KEY = { groupId: 'g', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 3 }
const limits = { updatesPerSnapshot: 3, pruneIntervalMs: 1000, coldSnapshotIntervalMs: 5000 }
const START = { monotonicMs: 0, wallMs: 0 }

function state(
  firstOffset: number,
  lastOffset: number,
  deliveryState: number,
  deliveryCount: number,
): StateBatch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}

/** A shard whose records go through their bytes into a second one. */
function driver() {
  const shard = new ShareStateShard(limits)
  shard.finishLoading(START)
  const log: { key: Buffer; value: Buffer | null }[] = []
  const carryOut = <Response>({ records, replies }: Outcome<Response>): Response => {
    shard.appended(records, log.length)
    log.push(...records)
    return (replies[0] as { response: Response }).response
  }
  const reloaded = (from = 0) => {
    const again = new ShareStateShard(limits)
    for (const [baseOffset, { key, value }] of [...log.entries()].slice(from)) {
      again.replay(key, value, { baseOffset, transaction: undefined })
    }
    again.finishLoading(START)
    return again
  }
  return { shard, carryOut, reloaded, log }
}

function write(startOffset: number, stateBatches: StateBatch[], { stateEpoch = 1, leaderEpoch = 5 } = {}) {
  return { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount: 0, stateBatches }
}

test('what is written is read again, also after a reload', () => {
  const { shard, carryOut, reloaded } = driver()
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: -1 }, 0))
  expect(carryOut(shard.read(1, KEY, 5))).toMatchObject({ errorCode: 0, stateEpoch: 1, startOffset: -1 })
  carryOut(shard.write(1, KEY, write(10, [state(10, 19, 0, 1)]), 0))
  carryOut(shard.write(1, KEY, write(10, [state(12, 13, 2, 1)]), 0))
  const expected = [state(10, 11, 0, 1), state(12, 13, 2, 1), state(14, 19, 0, 1)]
  expect(shard.summary(KEY)).toMatchObject({ startOffset: 10, leaderEpoch: 5, stateBatches: expected })
  expect(reloaded().summary(KEY)).toEqual(shard.summary(KEY))
})

test('a state that begins at an offset has nothing done behind it, one that does not knows nothing', () => {
  const { shard, carryOut, reloaded } = driver()
  for (const [stateEpoch, startOffset, deliveryCompleteCount] of [
    [1, -1, -1],
    [2, 0, 0],
    [3, 7, 0],
  ] as const) {
    carryOut(shard.initialize(1, KEY, { stateEpoch, startOffset }, 0))
    for (const each of [shard, reloaded()])
      expect(each.summary(KEY)).toMatchObject({ startOffset, deliveryCompleteCount })
  }
})

test('after some updates the whole state is written, and older updates do not count any more', () => {
  const { shard, carryOut, reloaded, log } = driver()
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 0 }, 0))
  for (let offset = 0; offset < 10; offset++)
    carryOut(shard.write(1, KEY, write(0, [state(offset, offset, 2, 1)]), 0))
  const kinds = log.map(({ key }) => key.readInt16BE(0))
  expect(kinds).toEqual([0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1])
  expect(reloaded().summary(KEY)).toEqual(shard.summary(KEY))
  expect(shard.summary(KEY).stateBatches).toEqual([state(0, 9, 2, 1)])
})

test('older leaders and older states are fenced', () => {
  const { shard, carryOut, log } = driver()
  carryOut(shard.initialize(1, KEY, { stateEpoch: 2, startOffset: 0 }, 0))
  carryOut(shard.read(1, KEY, 7))
  const before = log.length
  const code = (answer: { errorCode: number }) => answer.errorCode
  expect(code(carryOut(shard.read(1, KEY, 6)))).toBe(ErrorCode.FENCED_LEADER_EPOCH)
  expect(code(carryOut(shard.write(1, KEY, write(0, [], { leaderEpoch: 6, stateEpoch: 2 }), 0)))).toBe(
    ErrorCode.FENCED_LEADER_EPOCH,
  )
  expect(code(carryOut(shard.write(1, KEY, write(0, [], { leaderEpoch: 7, stateEpoch: 1 }), 0)))).toBe(
    ErrorCode.FENCED_STATE_EPOCH,
  )
  expect(code(carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 0 }, 0)))).toBe(
    ErrorCode.FENCED_STATE_EPOCH,
  )
  expect(log).toHaveLength(before)
})

test('a deleted state is gone, and cannot be written', () => {
  const { shard, carryOut, reloaded } = driver()
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 5 }, 0))
  carryOut(shard.write(1, KEY, write(6, []), 0))
  carryOut(shard.remove(1, KEY))
  expect(carryOut(shard.remove(1, KEY)).errorCode).toBe(ErrorCode.NONE)
  for (const each of [shard, reloaded()]) {
    expect(each.summary(KEY).startOffset).toBe(-1)
    expect(carryOut(each.write(1, KEY, write(6, []), 0)).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  }
})

test('merged batches say of each offset what was said last', () => {
  const batch = fc
    .record({
      first: fc.nat(30),
      length: fc.integer({ min: 1, max: 8 }),
      kind: fc.constantFrom(0, 2, 4),
      count: fc.nat(3),
    })
    .map(({ first, length, kind, count }) => state(first, first + length - 1, kind, count))
  fc.assert(
    fc.property(
      fc.array(fc.array(batch, { maxLength: 4 }), { maxLength: 6 }),
      fc.nat(20),
      (writes, start) => {
        const byOffset = new Map<number, string>()
        let merged: StateBatch[] = []
        for (const batches of writes) {
          merged = mergeBatches(merged, batches, start)
          for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of batches)
            for (let offset = firstOffset; offset <= lastOffset; offset++)
              byOffset.set(offset, `${deliveryState}/${deliveryCount}`)
        }
        for (const offset of byOffset.keys()) if (offset < start) byOffset.delete(offset)
        const told = new Map<number, string>()
        for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of merged)
          for (let offset = firstOffset; offset <= lastOffset; offset++) {
            expect(told.has(offset)).toBe(false)
            told.set(offset, `${deliveryState}/${deliveryCount}`)
          }
        expect(new Map([...told].sort())).toEqual(new Map([...byOffset].sort()))
      },
    ),
    { seed: 5, numRuns: 300 },
  )
})

const at = (ms: number) => ({ monotonicMs: ms, wallMs: ms })
const OTHER = { ...KEY, partition: 4 }

test('what lies before the oldest snapshot is deleted, and a reload of the rest knows the same', () => {
  const { shard, carryOut, reloaded, log } = driver()
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 0 }, 0))
  carryOut(shard.initialize(1, OTHER, { stateEpoch: 1, startOffset: 0 }, 0))
  expect(shard.tick(at(999)).effects ?? []).toEqual([])
  expect(shard.tick(at(1000)).effects).toEqual([])
  for (let offset = 0; offset < 5; offset++)
    for (const key of [KEY, OTHER]) carryOut(shard.write(1, key, write(0, [state(offset, offset, 2, 1)]), 0))
  expect(shard.nextDeadlineMs()).toBe(2000)
  const { effects } = shard.tick(at(2000))
  expect(effects).toEqual([{ deleteBefore: 8 }])
  expect(log[8]?.key.readInt16BE(0)).toBe(0)
  for (const key of [KEY, OTHER]) expect(reloaded(8).summary(key)).toEqual(shard.summary(key))
  expect(shard.tick(at(3000)).effects).toEqual([])
})

test('a share-partition that rests while others work is written anew, so that the log can go on', () => {
  const { shard, carryOut, reloaded, log } = driver()
  carryOut(shard.initialize(1, OTHER, { stateEpoch: 1, startOffset: 7 }, 0))
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 0 }, 4000))
  const { records, effects } = shard.tick(at(5000))
  expect(effects).toEqual([])
  expect(records).toHaveLength(1)
  shard.appended(records, log.length)
  log.push(...records)
  expect(shard.tick(at(6000))).toMatchObject({ records: [], effects: [{ deleteBefore: 1 }] })
  expect(reloaded(1).summary(OTHER)).toMatchObject({ startOffset: 7, stateEpoch: 1 })
  expect(shard.tick(at(100_000)).records).toEqual([])
})

test('where nothing is kept any more, everything is deleted, and nobody wakes up', () => {
  const { shard, carryOut } = driver()
  expect(shard.nextDeadlineMs()).toBe(Infinity)
  carryOut(shard.initialize(1, KEY, { stateEpoch: 1, startOffset: 0 }, 0))
  carryOut(shard.remove(1, KEY))
  expect(shard.tick(at(1000)).effects).toEqual([{ deleteBefore: 2 }])
  expect(shard.nextDeadlineMs()).toBe(Infinity)
})
