import { describe, expect, test } from 'vitest'
import { LIMITS } from '../limits.ts'
import { createClock, expectCode, mustAcquire, type StoreFixture } from './world.ts'

export function describeLimits(fixture: StoreFixture): void {
  describe(`${fixture.name}: limits`, () => {
    test('keys and names hold 1 to 512 characters of well-formed text', async () => {
      const store = fixture.open(createClock().now)
      const longest = 'k'.repeat(LIMITS.keyLength)
      expect(await store.documents.put(longest, 1)).toBe(1)
      expect(await store.leases.acquire(longest, longest, 1_000)).toMatchObject({ name: longest })
      for (const bad of ['', `${longest}k`, '\uff5e'.repeat(400), 'a\u0000b', 'a\nb', '\ud800']) {
        await expectCode('INVALID_ARGUMENT', store.documents.put(bad, 1))
        await expectCode('INVALID_ARGUMENT', store.documents.get(bad))
        await expectCode('INVALID_ARGUMENT', store.documents.delete(bad))
        await expectCode('INVALID_ARGUMENT', store.documents.list('', { after: bad }))
        await expectCode('INVALID_ARGUMENT', store.leases.acquire(bad, 'b-1', 1_000))
        await expectCode('INVALID_ARGUMENT', store.leases.acquire('controller', bad, 1_000))
        await expectCode('INVALID_ARGUMENT', store.logs.bounds(bad))
      }
      await expectCode('INVALID_ARGUMENT', store.documents.list(`${longest}k`))
    })

    test('a payload and an append are bounded, and nothing of a refused append stays', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      const largest = new Uint8Array(LIMITS.payloadBytes).fill(1)
      const tooLarge = new Uint8Array(LIMITS.payloadBytes + 1)
      expect(await store.logs.append('log', 0, [largest], fence)).toBe(1)
      const [entry] = await store.logs.read('log', 0, 1)
      expect(Buffer.compare(entry!.payload, largest)).toBe(0)
      const over = [
        [new Uint8Array(1), tooLarge],
        Array.from({ length: LIMITS.appendEntries + 1 }, () => new Uint8Array(0)),
        Array.from({ length: LIMITS.appendBytes / LIMITS.payloadBytes + 1 }, () => largest),
      ]
      for (const payloads of over) {
        await expectCode('INVALID_ARGUMENT', store.logs.append('log', 1, payloads, fence))
      }
      expect(await store.logs.bounds('log')).toEqual({ startIndex: 0, nextIndex: 1 })
    })

    test('a document is bounded and must have a JSON form', async () => {
      const { documents } = fixture.open(createClock().now)
      expect(await documents.put('a', 'x'.repeat(LIMITS.documentBytes - 2))).toBe(1)
      await expectCode('INVALID_ARGUMENT', documents.put('a', 'x'.repeat(LIMITS.documentBytes - 1)))
      await expectCode('INVALID_ARGUMENT', documents.put('a', undefined))
      await expectCode('INVALID_ARGUMENT', documents.put('a', 1n))
      expect((await documents.get('a'))?.version).toBe(1)
    })

    test('numbers that make no sense are refused', async () => {
      const store = fixture.open(createClock().now)
      const fence = await mustAcquire(store, 'b-1')
      for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, LIMITS.leaseTtlMs + 1]) {
        await expectCode('INVALID_ARGUMENT', store.leases.acquire('controller', 'b-1', ttlMs))
        await expectCode('INVALID_ARGUMENT', store.leases.renew(fence, ttlMs))
      }
      for (const index of [-1, 0.5, Number.NaN]) {
        await expectCode('INVALID_ARGUMENT', store.logs.append('log', index, [], fence))
        await expectCode('INVALID_ARGUMENT', store.logs.read('log', index, 1))
        await expectCode('INVALID_ARGUMENT', store.logs.truncateBefore('log', index, fence))
      }
      for (const limit of [0, -1, 1.5, LIMITS.readEntries + 1]) {
        await expectCode('INVALID_ARGUMENT', store.logs.read('log', 0, limit))
        await expectCode('INVALID_ARGUMENT', store.documents.list('', { limit }))
      }
    })

    test('a closed store says so, and closing twice is fine', async () => {
      const store = fixture.open(createClock().now)
      await store.close()
      await store.close()
      await expectCode('UNAVAILABLE', store.documents.get('a'))
      await expectCode('UNAVAILABLE', store.leases.acquire('controller', 'b-1', 1_000))
      await expectCode('UNAVAILABLE', store.logs.bounds('log'))
    })
  })
}
