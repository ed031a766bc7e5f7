import { expect, test } from 'vitest'
import type { CoordinationErrorCode } from '../errors.ts'
import type { CoordinationStore, Lease } from '../types.ts'

export interface StoreFixture {
  readonly name: string
  /** A new, empty store; the fixture closes it after the test. */
  open(now: () => number): CoordinationStore
  /** A second store on the data of the last opened one; absent for a driver whose data ends with the store. */
  reopen?(now: () => number): CoordinationStore
}

/** A clock that only the test moves. */
export interface TestClock {
  nowMs: number
  readonly now: () => number
}

export function createClock(): TestClock {
  const clock: TestClock = { nowMs: 1_000_000, now: () => clock.nowMs }
  return clock
}

export async function expectCode(code: CoordinationErrorCode, work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toMatchObject({ name: 'CoordinationError', code })
}

export async function mustAcquire(
  store: CoordinationStore,
  holder: string,
  name = 'controller',
): Promise<Lease> {
  const lease = await store.leases.acquire(name, holder, 1_000)
  if (lease === undefined) throw new Error(`${holder} did not get the lease ${name}`)
  return lease
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A test of what outlives a store: a driver whose data ends with the store has nothing to prove there. */
export function testIfDurable(fixture: StoreFixture, name: string, body: () => Promise<void>): void {
  if (fixture.reopen !== undefined) test(name, body)
}
