import { type CoordinationStore, createMemoryStore, type Lease } from '@freshet/coordination'
import { beforeEach, describe, expect, it } from 'vitest'
import { CONTROLLER_LEASE_TTL_MS, ControllerLease } from './controller-lease.ts'

const LEASE = 'controller'
let nowMs = 0
let memory: CoordinationStore
let store: CoordinationStore
let calls: Record<'reads' | 'writes', number>

beforeEach(() => {
  nowMs = 0
  calls = { reads: 0, writes: 0 }
  memory = createMemoryStore({ now: () => nowMs })
  store = counting(memory)
})

/** Takes whatever is free. */
const ANYBODY = { mayTake: async () => true, isTaken() {} }

describe('the lease of the controller', () => {
  it('costs about three writes and four reads in two seconds while nothing happens to three brokers', async () => {
    await live(brokers(3), 1_000)
    calls = { reads: 0, writes: 0 }
    await live(all, 60_000)
    expect(calls.writes).toBeLessThanOrEqual(90)
    expect(calls.reads).toBeLessThanOrEqual(160)
    expect(holders()).toEqual([1])
  })

  it('goes to another broker within its time and a second when its holder falls silent, whenever that is', async () => {
    for (let phaseMs = 0; phaseMs < 1_500; phaseMs += 50) {
      await live(brokers(3), 5_000 + phaseMs)
      const [silent] = all.splice(0, 1)
      const sinceMs = nowMs
      await live(all, 10_000, () => holders().length > 0)
      expect(nowMs - sinceMs, `silent after ${phaseMs} ms`).toBeLessThanOrEqual(
        CONTROLLER_LEASE_TTL_MS + 1_000,
      )
      expect((await store.leases.read(LEASE))!.token).toBeGreaterThan(silent!.lease.own!.token)
      await store.leases.release((await store.leases.read(LEASE))!)
    }
  })

  it('stays where it is although its holder is late with a renewal by half of its time', async () => {
    const [holder, ...others] = brokers(3)
    await live(all, 5_000)
    const token = holder!.lease.own?.token
    await live(others, CONTROLLER_LEASE_TTL_MS / 2)
    holder!.dueMs = nowMs
    await live([holder!, ...others], 5_000)
    expect([holder!.lease.own?.token, holders()]).toEqual([token, [1]])
  })
})

interface Member {
  readonly brokerId: number
  readonly lease: ControllerLease
  dueMs: number
}

let all: Member[] = []

/** The first one gets the lease. */
function brokers(count: number): Member[] {
  all = Array.from({ length: count }, (_, index) => ({
    brokerId: index + 1,
    lease: new ControllerLease(observing(store), index + 1, 'dir'),
    dueMs: nowMs + index * 17,
  }))
  return all
}

function holders(): number[] {
  return all.filter(({ lease }) => lease.own !== undefined).map(({ brokerId }) => brokerId)
}

/** Lets the members do what the controller's service does: refresh, and again after the time that they name. */
async function live(members: readonly Member[], forMs: number, until = () => false): Promise<void> {
  const endMs = nowMs + forMs
  while (!until()) {
    const next = members.reduce((first, member) => (member.dueMs < first.dueMs ? member : first))
    if (next.dueMs > endMs) break
    nowMs = Math.max(nowMs, next.dueMs)
    await next.lease.refresh(ANYBODY)
    next.dueMs = nowMs + CALL_MS + next.lease.refreshAfterMs
  }
  if (!until()) nowMs = endMs
}

/** What a call to the store takes. */
const CALL_MS = 5

/** As DynamoDB has it: a lease has expired for a broker that saw it unchanged for all its time. */
function observing(shared: CoordinationStore): CoordinationStore {
  const { leases } = shared
  let seen: { readonly state: string; readonly atMs: number } | undefined
  const isExpired = (lease: Lease) => {
    const state = JSON.stringify(lease)
    if (seen?.state !== state) seen = { state, atMs: nowMs }
    return nowMs - seen.atMs >= CONTROLLER_LEASE_TTL_MS
  }
  return {
    ...shared,
    leases: {
      ...leases,
      async read(name) {
        const lease = await memory.leases.read(name)
        calls.reads++
        if (lease !== undefined) isExpired(lease)
        return lease
      },
      async acquire(name, holder, ttlMs) {
        const lease = await memory.leases.read(name)
        if (lease !== undefined && lease.holder !== holder && !isExpired(lease)) {
          calls.reads++
          return undefined
        }
        return leases.acquire(name, holder, ttlMs)
      },
    },
  }
}

function counting(uncounted: CoordinationStore): CoordinationStore {
  const { leases } = uncounted
  return {
    ...uncounted,
    leases: {
      ...leases,
      renew: (lease, ttlMs) => {
        calls.writes++
        return leases.renew(lease, ttlMs)
      },
      acquire: (name, holder, ttlMs) => {
        calls.reads++
        return leases.acquire(name, holder, ttlMs)
      },
    },
  }
}
