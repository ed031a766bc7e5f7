import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '../../../wire/index.ts'
import type { Outcome } from '../../coordinator-shard.ts'
import type { StateBatch } from '../delivery.ts'
import { ShareStateShard } from './shard.ts'
import { mergeBatches } from './share-state.ts'

const KEY = { groupId: 'g', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 3 }
const limits = { updatesPerSnapshot: 3 }

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
  shard.finishLoading()
  const log: { key: Buffer; value: Buffer | null }[] = []
  const carryOut = <Response>({ records, replies }: Outcome<Response>): Response => {
    log.push(...records)
    return (replies[0] as { response: Response }).response
  }
  const reloaded = () => {
    const again = new ShareStateShard(limits)
    for (const { key, value } of log) again.replay(key, value)
    again.finishLoading()
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
