import { createMemoryStore } from '@freshet/coordination'
import { afterEach, describe, expect, it } from 'vitest'
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
afterEach(async () => {
  for (const { reconciler } of running.splice(0)) await reconciler.stop()
})

describe('two control planes', () => {
  // It measures time: somebody else may have had the processor.
  it('are one service: what one changes the agents of the other are told within a second', {
    retry: 2,
  }, async () => {
    const { leader, standby } = await pair()
    await standby.clusters.create(await creatingCluster('orders', 'PROVISIONED'))
    await until(async () => (await leader.clusters.snapshot()).length === 1)
    const active = await makeActive(standby.clusters, 'orders')
    await until(async () => (await leader.clusters.snapshot())[0]?.state === 'ACTIVE')
    const { revision } = (await leader.agents.sync('h-1', { revision: 0, waitMs: 0, units: [] }))!
    const poll = leader.agents.sync('h-1', { revision, waitMs: 10_000, units: [] })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const changedMs = performance.now()
    await standby.clusters.update(active, (newest) => ({
      ...newest,
      brokers: newest.brokers.map((broker) => ({ ...broker, desired: 'STOPPED' as const })),
    }))
    expect((await poll)?.units[0]?.desired).toBe('STOPPED')
    expect(performance.now() - changedMs).toBeLessThan(1_000)
  })

  it('carry out what either of them was asked for', async () => {
    const { leader, standby } = await pair()
    await standby.clusters.create(await creatingCluster('orders', 'PROVISIONED'))
    await until(async () => (await leader.clusters.get('orders'))?.brokers[0]?.port !== undefined)
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

  it('know of each other within a second, from the start of one to its end', { retry: 2 }, async () => {
    const { leader, standby } = await pair({ a: 'http://10.0.0.1:9690', b: 'http://10.0.1.1:9690' })
    const knows = (url: string) => leader.living.living.includes(url)
    const startedMs = performance.now()
    await until(() => knows('http://10.0.1.1:9690'))
    await standby.reconciler.stop()
    await standby.living.leave()
    await until(() => !knows('http://10.0.1.1:9690'))
    expect(knows('http://10.0.0.1:9690')).toBe(true)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })

  it('send agents to the one that leads, and the other takes over when that one leaves', async () => {
    const { leader, standby } = await pair()
    const report = { revision: 0, waitMs: 0, units: [] }
    await expect(standby.agents.sync('h-1', report)).rejects.toThrow(NotLeading)
    expect((await (await standby.app.request('/health')).json()) as object).toMatchObject({
      parts: { reconciler: { status: 'ok', leader: false }, agents: { status: 'ok' } },
    })
    await leader.reconciler.stop()
    await until(() => standby.reconciler.status().leader)
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
  await until(() => leader.reconciler.status().leader)
  const standby = start('b')
  await until(() => standby.reconciler.status().standby)
  return { leader, standby }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition).toBe(true)
}
