import { createMemoryStore } from '@freshet/coordination'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createControlPlane } from './control-plane.ts'
import { NotLeading } from './fleet/agents.ts'
import { AccessKeys } from './model/access-keys.ts'
import {
  ACCOUNT,
  createMemoryFleet,
  creatingCluster,
  memoryDocuments,
  silentLog,
} from './testing/fixtures.ts'
import { makeActive } from './testing/signed-client.ts'

/** Several control planes on one store: one service. */

const running: ReturnType<typeof createControlPlane>[] = []
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  for (const { reconciler } of running.splice(0)) await reconciler.stop()
  vi.useRealTimers()
})

describe('two control planes', () => {
  it('are one service: what one changes the agents of the other are told within a second', async () => {
    const { leader, standby } = await pair()
    await standby.clusters.create(await creatingCluster('orders', 'PROVISIONED'))
    await within(1_000, async () => (await leader.clusters.snapshot()).length === 1)
    const active = await makeActive(standby.clusters, 'orders')
    await within(1_000, async () => (await leader.clusters.snapshot())[0]?.state === 'ACTIVE')
    const { revision } = (await leader.agents.sync('h-1', { revision: 0, waitMs: 0, units: [] }))!
    let told: string | undefined
    const poll = leader.agents.sync('h-1', { revision, waitMs: 10_000, units: [] }).then((answer) => {
      told = answer?.units[0]?.desired
    })
    await standby.clusters.update(active, (newest) => ({
      ...newest,
      brokers: newest.brokers.map((broker) => ({ ...broker, desired: 'STOPPED' as const })),
    }))
    await within(1_000, () => told === 'STOPPED')
    await poll
  })

  it('carry out what either of them was asked for', async () => {
    const { leader, standby } = await pair()
    await standby.clusters.create(await creatingCluster('orders', 'PROVISIONED'))
    await within(1_000, async () => (await leader.clusters.get('orders'))?.brokers[0]?.port !== undefined)
    expect((await standby.clusters.get('orders'))?.brokers[0]?.address).toBe('127.0.0.1')
  })

  it('never both change a cluster of one version', async () => {
    const { leader, standby } = await pair()
    const cluster = await creatingCluster('orders', 'PROVISIONED')
    await standby.clusters.create(cluster)
    const active = await makeActive(standby.clusters, 'orders')
    const change = (by: string) => (newest: typeof active) => {
      if (newest.currentVersion !== active.currentVersion) throw new Error('stale')
      return { ...newest, currentVersion: by }
    }
    const outcomes = await Promise.allSettled([
      leader.clusters.update(active, change('leader')),
      standby.clusters.update(active, change('standby')),
    ])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('know of each other within a second, from the start of one to its end', async () => {
    const { leader, standby } = await pair({ a: 'http://10.0.0.1:9690', b: 'http://10.0.1.1:9690' })
    const knows = (url: string) => leader.living.living.includes(url)
    await within(1_000, () => knows('http://10.0.1.1:9690'))
    await standby.reconciler.stop()
    await standby.living.leave()
    await within(1_000, () => !knows('http://10.0.1.1:9690'))
    expect(knows('http://10.0.0.1:9690')).toBe(true)
  })

  it('send agents to the one that leads, and the other takes over when that one leaves', async () => {
    const { leader, standby } = await pair()
    const report = { revision: 0, waitMs: 0, units: [] }
    await expect(standby.agents.sync('h-1', report)).rejects.toThrow(NotLeading)
    expect((await (await standby.app.request('/health')).json()) as object).toMatchObject({
      parts: { reconciler: { status: 'ok', leader: false }, agents: { status: 'ok' } },
    })
    await leader.reconciler.stop()
    await within(3_000, () => standby.reconciler.status().leader)
    expect(await standby.agents.sync('h-1', report)).toBeUndefined()
  })
})

/** They are told of to agents where they have addresses. */
async function pair(urls?: { readonly a: string; readonly b: string }) {
  const store = createMemoryStore({ now: Date.now })
  const fleet = createMemoryFleet()
  const start = (holder: 'a' | 'b') => {
    const controlPlane = createControlPlane({
      store,
      fleet,
      account: ACCOUNT,
      accessKeys: new AccessKeys(memoryDocuments(), Buffer.alloc(32, 1)),
      agentToken: 'secret',
      holder,
      ...(urls && { addresses: { url: urls[holder], known: [] } }),
      brokersSeenAt: () => Promise.reject(new Error('no broker')),
      kafka: () => Promise.reject(new Error('no broker')),
      now: Date.now,
      log: silentLog,
      onReplaced: () => undefined,
    })
    controlPlane.reconciler.start()
    running.push(controlPlane)
    return controlPlane
  }
  const leader = start('a')
  await within(1_000, () => leader.reconciler.status().leader)
  const standby = start('b')
  await within(1_000, () => standby.reconciler.status().standby)
  return { leader, standby }
}

/** By the clock of the control planes, which stands still while this machine is busy with something else. */
async function within(limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + limitMs
  while (!(await condition())) {
    expect(Date.now()).toBeLessThan(untilMs)
    await vi.advanceTimersByTimeAsync(LOOK_MS)
  }
}

const LOOK_MS = 10
