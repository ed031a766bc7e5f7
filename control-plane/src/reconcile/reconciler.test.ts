import { createMemoryStore } from '@freshet/coordination'
import { afterEach, describe, expect, it } from 'vitest'
import { Signal } from '../signal.ts'
import { creatingCluster, silentLog } from '../testing/fixtures.ts'
import { SimulatedWorld } from '../testing/simulated-world.ts'
import { pauseMs, RECONCILER_LEASE, Reconciler, type ReconcilerOptions } from './reconciler.ts'

const running: Reconciler[] = []
afterEach(async () => {
  for (const reconciler of running.splice(0)) await reconciler.stop()
})

describe('the reconciler', () => {
  it('brings a new cluster to ACTIVE as soon as it is told of it', async () => {
    const { world, wake, reconciler } = start()
    await until(() => reconciler.status().leader)
    const cluster = await creatingCluster('orders', 'SERVERLESS', world.fleet)
    await world.clusters.create(cluster)
    wake.notify()
    await until(async () => (await world.clusters.get('orders'))?.state === 'ACTIVE')
    await until(() => reconciler.status().operations === 0)
  })

  it('creates several clusters at once without giving anything to two of them', async () => {
    const { world, wake } = start()
    const names = Array.from({ length: 12 }, (_, index) => `c${index}`)
    for (const name of names) {
      await world.clusters.create(await creatingCluster(name, 'PROVISIONED', world.fleet))
    }
    wake.notify()
    await until(async () => (await world.clusters.all()).every(({ state }) => state === 'ACTIVE'))
    const brokers = (await world.clusters.all()).flatMap((cluster) => cluster.brokers)
    expect(new Set(brokers.map(({ port }) => port)).size).toBe(36)
    expect(new Set(brokers.map(({ hostId }) => hostId)).size).toBe(36)
  })

  it('fails a cluster at once when a promised port is taken', async () => {
    const { world, wake } = start()
    world.fleet.busyPorts.add(9092)
    const cluster = await creatingCluster('orders', 'PROVISIONED', world.fleet)
    const brokers = cluster.brokers.map((broker) => ({ ...broker, port: 9091 + broker.brokerId }))
    await world.clusters.create({ ...cluster, brokers })
    wake.notify()
    await until(async () => (await world.clusters.get('orders'))?.state === 'FAILED')
    const stateInfo = { code: 'PORT_IN_USE', message: 'Port 9092 of broker 1 is in use by another program.' }
    expect(await world.clusters.get('orders')).toMatchObject({ stateInfo })
  })

  it('gives up on brokers that never come, and says which', async () => {
    const { world, wake } = start({ stepTimeoutMs: 30, agents: { unitStatus: async () => undefined } })
    await world.clusters.create(await creatingCluster('orders', 'PROVISIONED', world.fleet))
    const nudge = setInterval(() => wake.notify(), 10)
    await until(async () => (await world.clusters.get('orders'))?.state === 'FAILED')
    clearInterval(nudge)
    expect((await world.clusters.get('orders'))?.stateInfo).toEqual({
      code: 'TIMED_OUT',
      message: 'WAIT_FOR_BROKERS timed out. Broker 1 is not reported by its host.',
    })
  })

  it('begins all hosts at once, and says of each what it waited for', async () => {
    const world = new SimulatedWorld()
    const waitingFor = ({ hostId }: { hostId: string }) => `host ${hostId.at(-1)}: there is no capacity`
    const fleet = {
      ...world.fleet,
      launchHost: async (host: { hostId: string }) =>
        ({ done: false, waitingFor: waitingFor(host) }) as const,
    }
    const { wake } = start({ fleet, stepTimeoutMs: 30 }, world)
    await world.clusters.create(await creatingCluster('orders', 'PROVISIONED', world.fleet))
    const nudge = setInterval(() => wake.notify(), 10)
    await until(async () => (await world.clusters.get('orders'))?.state === 'FAILED')
    clearInterval(nudge)
    expect((await world.clusters.get('orders'))?.stateInfo).toEqual({
      code: 'TIMED_OUT',
      message:
        'LAUNCH_HOSTS timed out. host 1: there is no capacity; host 2: there is no capacity; host 3: there is no capacity.',
    })
  })

  it('gives up on a host that goes round in circles, though each time it waits for something else', async () => {
    const world = new SimulatedWorld()
    let turn = 0
    const launchHost = async () =>
      ({ done: false, waitingFor: `turn ${turn++}`, trouble: `turn ${turn} before` }) as const
    const { wake } = start({ fleet: { ...world.fleet, launchHost }, stepTimeoutMs: 30 }, world)
    await world.clusters.create(await creatingCluster('orders', 'PROVISIONED', world.fleet))
    const nudge = setInterval(() => wake.notify(), 10)
    await until(async () => (await world.clusters.get('orders'))?.state === 'FAILED')
    clearInterval(nudge)
    expect((await world.clusters.get('orders'))?.stateInfo?.message).toMatch(
      /^LAUNCH_HOSTS timed out. turn \d/,
    )
  })

  it('tries a step again after an unexpected error', async () => {
    let failures = 2
    const world = new SimulatedWorld()
    const fleet = {
      ...world.fleet,
      async launchHost(host: Parameters<typeof world.fleet.launchHost>[0]) {
        if (failures-- > 0) throw new Error('EIO')
        return world.fleet.launchHost(host)
      },
    }
    const { wake } = start({ fleet }, world)
    await world.clusters.create(await creatingCluster('orders', 'PROVISIONED', world.fleet))
    const nudge = setInterval(() => wake.notify(), 10)
    await until(async () => (await world.clusters.get('orders'))?.state === 'ACTIVE')
    clearInterval(nudge)
    expect(failures).toBeLessThan(0)
  })
})

describe('of two reconcilers', () => {
  it('one stands by until the other releases its lease', async () => {
    const { store, world, reconciler: first } = start({ holder: 'a' })
    await until(() => first.status().leader)
    const { reconciler: second, wake } = start({ holder: 'b' }, world, store)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(second.status().leader).toBe(false)
    await first.stop()
    wake.notify()
    await until(() => second.status().leader)
  })

  it('a restarted one goes on at once, and the one it replaced stops for good', async () => {
    let replaced = false
    let nowMs = 1_000
    const options = { holder: 'same', now: () => nowMs, onReplaced: () => (replaced = true) }
    const { store, world, wake, reconciler: first } = start(options)
    await until(() => first.status().leader)
    const { reconciler: second } = start({ holder: 'same', now: () => nowMs }, world, store)
    await until(() => second.status().leader)
    expect((await store.leases.read(RECONCILER_LEASE))?.token).toBe(2)
    nowMs += 6_000
    wake.notify()
    await until(() => replaced)
    expect(first.status().leader).toBe(false)
  })
})

function start(
  overrides: Partial<ReconcilerOptions> = {},
  world = new SimulatedWorld(),
  store = createMemoryStore({ now: overrides.now ?? Date.now }),
) {
  const wake = new Signal()
  const reconciler = new Reconciler({
    ...world.boot(),
    leases: store.leases,
    holder: 'control-plane',
    wake,
    log: silentLog,
    now: Date.now,
    onReplaced: () => undefined,
    ...overrides,
  })
  reconciler.start()
  running.push(reconciler)
  return { world, wake, reconciler, store }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition).toBe(true)
}

it('looks soon at what has just begun, and the more rarely the longer it takes', () => {
  expect([0, 300, 900, 5_000].map((waitedMs) => pauseMs(2_000, waitedMs))).toEqual([250, 300, 900, 2_000])
  expect(pauseMs(25, 5_000)).toBe(25)
})
