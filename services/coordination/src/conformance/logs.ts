import { describe, expect, test } from 'vitest'
import type { CoordinationStore } from '../types.ts'
import { bytes, createClock, expectCode, mustAcquire, type StoreFixture, testIfDurable } from './world.ts'

const LOG = 'metadata'

export function describeLogs(fixture: StoreFixture): void {
  describe(`${fixture.name}: logs`, () => {
    test('a log that was never written is empty', async () => {
      const store = fixture.open(createClock().now)
      expect(await store.logs.bounds(LOG)).toEqual({ startIndex: 0, nextIndex: 0 })
      expect(await store.logs.read(LOG, 0, 10)).toEqual([])
    })

    test('indexes are dense from 0 over single and batched appends', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      expect(await store.logs.append(LOG, 0, [bytes('a')], fence)).toBe(1)
      expect(await store.logs.append(LOG, 1, [bytes('b'), bytes(''), bytes('d')], fence)).toBe(4)
      expect(await store.logs.append(LOG, 4, [], fence)).toBe(4)
      expect(await texts(store, 0, 10)).toEqual(['0:a', '1:b', '2:', '3:d'])
      expect(await store.logs.bounds(LOG)).toEqual({ startIndex: 0, nextIndex: 4 })
      expect(await store.logs.bounds('another')).toEqual({ startIndex: 0, nextIndex: 0 })
    })

    test('bytes come back as written, whatever the caller does with its buffer afterwards', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      const all = Uint8Array.from({ length: 256 }, (_, value) => value)
      const view = all.subarray(10, 250)
      await store.logs.append(LOG, 0, [view], fence)
      const expected = [...view]
      all.fill(7)
      const [entry] = await store.logs.read(LOG, 0, 1)
      expect([...entry!.payload]).toEqual(expected)
      entry!.payload.fill(9)
      const [again] = await store.logs.read(LOG, 0, 1)
      expect([...again!.payload]).toEqual(expected)
    })

    test('an append anywhere but at the end is a conflict and changes nothing', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      await store.logs.append(LOG, 0, [bytes('a')], fence)
      await expectCode('LOG_CONFLICT', store.logs.append(LOG, 0, [bytes('x')], fence))
      await expectCode('LOG_CONFLICT', store.logs.append(LOG, 2, [bytes('x')], fence))
      expect(await texts(store, 0, 10)).toEqual(['0:a'])
    })

    test('a newer token fences the older one, whatever the clock says', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const deposed = await mustAcquire(store, 'b-1')
      clock.nowMs += 1_000
      const current = await mustAcquire(store, 'b-2')
      clock.nowMs -= 1_000
      await expectCode('FENCED', store.logs.append(LOG, 0, [bytes('x')], deposed))
      await expectCode('FENCED', store.logs.append(LOG, 7, [bytes('x')], deposed))
      expect(await store.logs.append(LOG, 0, [bytes('a')], current)).toBe(1)
      await expectCode('FENCED', store.logs.truncateBefore(LOG, 1, deposed))
      expect(await texts(store, 0, 10)).toEqual(['0:a'])
    })

    test('a lease that was released, or that never was, fences', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      await store.leases.release(fence)
      await expectCode('FENCED', store.logs.append(LOG, 0, [bytes('x')], fence))
      await expectCode('FENCED', store.logs.append(LOG, 0, [bytes('x')], { ...fence, name: 'unknown' }))
      await expectCode(
        'FENCED',
        store.logs.append(LOG, 0, [bytes('x')], { ...fence, token: fence.token + 1 }),
      )
    })

    test('an expired lease that nobody took still writes', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const fence = await mustAcquire(store, 'b-1')
      clock.nowMs += 60_000
      expect(await store.logs.append(LOG, 0, [bytes('a')], fence)).toBe(1)
    })

    test('a read starts where asked and ends at its limit or at the end', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      await store.logs.append(LOG, 0, 'abcdef'.split('').map(bytes), fence)
      expect(await texts(store, 1, 3)).toEqual(['1:b', '2:c', '3:d'])
      expect(await texts(store, 5, 3)).toEqual(['5:f'])
      expect(await texts(store, 6, 3)).toEqual([])
      expect(await texts(store, 60, 3)).toEqual([])
    })

    test('truncation forgets the entries below, and indexes go on', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      await store.logs.append(LOG, 0, 'abcd'.split('').map(bytes), fence)
      await store.logs.truncateBefore(LOG, 3, fence)
      expect(await store.logs.bounds(LOG)).toEqual({ startIndex: 3, nextIndex: 4 })
      await expectCode('LOG_TRUNCATED', store.logs.read(LOG, 2, 1))
      expect(await texts(store, 3, 10)).toEqual(['3:d'])
      await store.logs.truncateBefore(LOG, 1, fence)
      expect(await store.logs.bounds(LOG)).toEqual({ startIndex: 3, nextIndex: 4 })
      await store.logs.truncateBefore(LOG, 4, fence)
      expect(await store.logs.append(LOG, 4, [bytes('e')], fence)).toBe(5)
      expect(await texts(store, 4, 10)).toEqual(['4:e'])
      await expectCode('INVALID_ARGUMENT', store.logs.truncateBefore(LOG, 6, fence))
    })

    testIfDurable(fixture, 'entries and bounds survive a restart of the store', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const fence = await mustAcquire(store, 'b-1')
      await store.logs.append(LOG, 0, 'abc'.split('').map(bytes), fence)
      await store.logs.truncateBefore(LOG, 1, fence)
      await store.close()
      const again = fixture.reopen!(clock.now)
      expect(await again.logs.bounds(LOG)).toEqual({ startIndex: 1, nextIndex: 3 })
      expect(await texts(again, 1, 10)).toEqual(['1:b', '2:c'])
      expect(await again.logs.append(LOG, 3, [bytes('d')], fence)).toBe(4)
    })
  })
}

async function texts(store: CoordinationStore, from: number, limit: number): Promise<string[]> {
  const entries = await store.logs.read(LOG, from, limit)
  return entries.map(({ index, payload }) => `${index}:${new TextDecoder().decode(payload)}`)
}
