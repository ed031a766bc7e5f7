import { describe, expect, test } from 'vitest'
import { createClock, mustAcquire, type StoreFixture, testIfDurable } from './world.ts'

export function describeLeases(fixture: StoreFixture): void {
  describe(`${fixture.name}: leases`, () => {
    test('a free lease goes to whoever asks, and to nobody else until it expires', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const lease = await store.leases.acquire('controller', 'b-1', 1_000)
      expect(lease).toEqual({ name: 'controller', holder: 'b-1', token: 1, expiresAtMs: clock.nowMs + 1_000 })
      clock.nowMs += 999
      expect(await store.leases.acquire('controller', 'b-2', 1_000)).toBeUndefined()
      expect(await store.leases.read('controller')).toEqual(lease)
      clock.nowMs += 1
      expect(await store.leases.acquire('controller', 'b-2', 1_000)).toMatchObject({
        holder: 'b-2',
        token: 2,
      })
    })

    test('leases of different names are independent', async () => {
      const store = fixture.open(createClock().now)
      await mustAcquire(store, 'b-1', 'controller')
      expect(await store.leases.acquire('reconciler', 'b-2', 1_000)).toMatchObject({ token: 1 })
      expect(await store.leases.read('nobody-took-this')).toBeUndefined()
    })

    test('the holder that asks again (a restarted process) gets a higher token, and its old one is void', async () => {
      const store = fixture.open(createClock().now)
      const before = await mustAcquire(store, 'b-1')
      const after = await mustAcquire(store, 'b-1')
      expect(after.token).toBe(before.token + 1)
      expect(await store.leases.renew(before, 1_000)).toBeUndefined()
      expect(await store.leases.renew(after, 1_000)).toMatchObject({ token: after.token })
    })

    test('renewing prolongs from now and keeps the token', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const lease = await mustAcquire(store, 'b-1')
      clock.nowMs += 600
      const renewed = await store.leases.renew(lease, 2_000)
      expect(renewed).toEqual({ ...lease, expiresAtMs: clock.nowMs + 2_000 })
      expect(await store.leases.read('controller')).toEqual(renewed)
    })

    test('an expired lease that nobody took can be renewed; one that somebody took cannot', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const lease = await mustAcquire(store, 'b-1')
      clock.nowMs += 5_000
      const renewed = await store.leases.renew(lease, 1_000)
      expect(renewed).toEqual({ ...lease, expiresAtMs: clock.nowMs + 1_000 })
      clock.nowMs += 5_000
      await mustAcquire(store, 'b-2')
      expect(await store.leases.renew(lease, 1_000)).toBeUndefined()
      expect(await store.leases.read('controller')).toMatchObject({ holder: 'b-2' })
    })

    test('a released lease is free at once, and the next token is still higher', async () => {
      const store = fixture.open(createClock().now)
      const lease = await mustAcquire(store, 'b-1')
      await store.leases.release(lease)
      expect(await store.leases.read('controller')).toBeUndefined()
      expect(await store.leases.renew(lease, 1_000)).toBeUndefined()
      expect((await mustAcquire(store, 'b-2')).token).toBe(lease.token + 1)
    })

    test('whoever knows that the holder is dead may free its lease, but not one that was taken meanwhile', async () => {
      const store = fixture.open(createClock().now)
      const own = await mustAcquire(store, 'b-1')
      const seen = await store.leases.read('controller')
      await store.leases.release(seen!)
      const next = await mustAcquire(store, 'b-2')
      expect(next.token).toBe(own.token + 1)
      expect(await store.leases.renew(own, 1_000)).toBeUndefined()
      await store.leases.release(seen!)
      expect(await store.leases.read('controller')).toEqual(next)
    })

    test('releasing a lease that was lost takes nothing from the new holder', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const lost = await mustAcquire(store, 'b-1')
      clock.nowMs += 1_000
      const current = await mustAcquire(store, 'b-2')
      await store.leases.release(lost)
      expect(await store.leases.read('controller')).toEqual(current)
    })

    testIfDurable(fixture, 'holder and token survive a restart of the store', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      const lease = await mustAcquire(store, 'b-1')
      await store.leases.release(await mustAcquire(store, 'b-1', 'released'))
      await store.close()
      const again = fixture.reopen!(clock.now)
      expect(await again.leases.read('controller')).toEqual(lease)
      expect(await again.leases.acquire('controller', 'b-2', 1_000)).toBeUndefined()
      expect((await mustAcquire(again, 'b-2', 'released')).token).toBe(2)
    })
  })
}
