/** A controller that reaches the coordination store, but no other broker: it must not fence them all. */
import { expect, test } from 'vitest'
import { ErrorCode } from '../wire/index.ts'
import { type Properties, TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, leaders, produce } from './test-requests.ts'

const TOPIC = 'orders'
const SESSION_TIMEOUT_MS = 9000
/** Standing aside, taking the lease, and reading the log. */
const TAKEOVER_MS = 2000

function controllersOf(cluster: TestCluster): number[] {
  return cluster.brokerIds.filter((id) => cluster.broker(id).isController)
}

function cutOff(cluster: TestCluster, brokerId: number): () => void {
  const others = cluster.brokerIds.filter((id) => id !== brokerId)
  const heals = others.map((id) => cluster.network.block(`broker-${id}`, `broker-${brokerId}`))
  return () => {
    for (const heal of heals) heal()
  }
}

async function startWithTopic(properties: Properties = {}, brokers = 3): Promise<[TestCluster, number]> {
  const cluster = await TestCluster.start(brokers, properties)
  const configs = { 'min.insync.replicas': '2' }
  await createTopic(cluster, 1, { name: TOPIC, partitions: 3, replicationFactor: 3, configs })
  return [cluster, controllersOf(cluster)[0] as number]
}

test('a broker that reaches the others takes over, and they take writes with acks=all', async () => {
  const [cluster, isolated] = await startWithTopic()
  const heal = cutOff(cluster, isolated)
  await cluster.advance(SESSION_TIMEOUT_MS + TAKEOVER_MS)
  const [controller] = controllersOf(cluster)
  expect(controller).not.toBe(isolated)
  // Now the isolated one has the time to make itself heard that everybody has.
  await cluster.advance(SESSION_TIMEOUT_MS)
  const led = await leaders(cluster, controller as number, TOPIC)
  expect(led).not.toContain(isolated)
  for (const [partition, leader] of led.entries()) {
    const records = batchOf(['a'], cluster.clock.now())
    const { errorCode } = await produce(cluster, leader, { topic: TOPIC, partition, acks: -1, records })
    expect(errorCode).toBe(ErrorCode.NONE)
  }
  heal()
  await cluster.until(() => cluster.isMember(isolated), 2000)
  expect(controllersOf(cluster)).toEqual([controller])
  expect(cluster.errors).toEqual([])
})

test('sessions shorter than a request may take: nobody goes on waiting for the controller before', async () => {
  const sessionTimeoutMs = 3000
  const [cluster, isolated] = await startWithTopic({
    'broker.session.timeout.ms': String(sessionTimeoutMs),
    'broker.heartbeat.interval.ms': '1000',
  })
  cutOff(cluster, isolated)
  await cluster.advance(sessionTimeoutMs + TAKEOVER_MS)
  const [controller] = controllersOf(cluster)
  await cluster.advance(2 * sessionTimeoutMs)
  expect(controllersOf(cluster)).toEqual([controller])
  expect(controller).not.toBe(isolated)
  expect(await leaders(cluster, controller as number, TOPIC)).not.toContain(isolated)
  expect(cluster.errors).toEqual([])
})

test('if nobody else takes over, as they are dead, it goes on and fences them', async () => {
  const [cluster, alone] = await startWithTopic()
  for (const id of cluster.brokerIds) if (id !== alone) cluster.stall(id)
  await cluster.advance(SESSION_TIMEOUT_MS + TAKEOVER_MS)
  expect(controllersOf(cluster)).toContain(alone)
  await cluster.advance(500)
  expect(await leaders(cluster, alone, TOPIC)).toEqual([alone, alone, alone])
})

/** Looks twice a second: who is the controller, if anybody is. */
async function controllersDuring(cluster: TestCluster, durationMs: number): Promise<Set<number>> {
  const seen = new Set<number>()
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    await cluster.advance(500)
    for (const id of controllersOf(cluster)) seen.add(id)
  }
  return seen
}

test('brokers that all reach the store, but not each other, do not pass the lease round for ever', async () => {
  const [cluster] = await startWithTopic()
  const heals = cluster.brokerIds.map((id) => cutOff(cluster, id))
  await cluster.advance(2 * (SESSION_TIMEOUT_MS + TAKEOVER_MS))
  expect((await controllersDuring(cluster, 20 * SESSION_TIMEOUT_MS)).size).toBe(1)
  for (const heal of heals) heal()
  await cluster.until(() => cluster.brokerIds.every((id) => cluster.isMember(id)), SESSION_TIMEOUT_MS)
  expect(cluster.errors).toEqual([])
})

test('those that find each other again take the lease from one that still hears nobody', async () => {
  const [cluster] = await startWithTopic()
  const healOf = new Map(cluster.brokerIds.map((id) => [id, cutOff(cluster, id)]))
  await cluster.advance(5 * (SESSION_TIMEOUT_MS + TAKEOVER_MS))
  const [alone] = await controllersDuring(cluster, TAKEOVER_MS)
  const others = cluster.brokerIds.filter((id) => id !== alone)
  for (const id of others) healOf.get(id)?.()
  const leads = () => controllersOf(cluster).some((id) => others.includes(id))
  await cluster.until(leads, 4 * SESSION_TIMEOUT_MS + TAKEOVER_MS)
  await cluster.advance(SESSION_TIMEOUT_MS + TAKEOVER_MS)
  expect(others.every((id) => cluster.isMember(id))).toBe(true)
  const [controller] = controllersOf(cluster)
  expect(await leaders(cluster, controller as number, TOPIC)).not.toContain(alone)
  expect(cluster.errors).toEqual([])
})

test('a free lease is left to those that reach another broker', async () => {
  for (const also of [1, 2, 3, 4]) {
    const [cluster, isolated] = await startWithTopic({}, 5)
    const second = cluster.brokerIds.filter((id) => id !== isolated)[also - 1] as number
    cutOff(cluster, isolated)
    cutOff(cluster, second)
    const controllers = await controllersDuring(cluster, SESSION_TIMEOUT_MS + TAKEOVER_MS)
    expect([...controllers]).toEqual([isolated, expect.any(Number)])
    expect(controllers).not.toContain(second)
    await cluster.advance(SESSION_TIMEOUT_MS)
    const [controller] = controllersOf(cluster)
    expect(await leaders(cluster, controller as number, TOPIC)).not.toContain(isolated)
  }
})

test('a controller that is cut off too, while the one before it still is, is followed by one that is not', async () => {
  const [cluster, first] = await startWithTopic({}, 4)
  cutOff(cluster, first)
  await cluster.advance(SESSION_TIMEOUT_MS + TAKEOVER_MS)
  const [second] = controllersOf(cluster)
  expect(second).not.toBe(first)
  cutOff(cluster, second as number)
  await cluster.advance(SESSION_TIMEOUT_MS + TAKEOVER_MS)
  expect([first, second]).not.toContain(controllersOf(cluster)[0])
  expect(controllersOf(cluster)).toHaveLength(1)
  expect(cluster.errors).toEqual([])
})

test('a broker that nobody knows yet leaves a free lease to those that are known', async () => {
  for (const phaseMs of [0, 70, 140, 210, 280]) {
    const [cluster, isolated] = await startWithTopic()
    cutOff(cluster, isolated)
    cluster.network.block('broker-4', `broker-${isolated}`)
    await cluster.advance(phaseMs)
    await cluster.startBroker(4)
    const controllers = await controllersDuring(cluster, SESSION_TIMEOUT_MS + TAKEOVER_MS)
    expect([...controllers]).toEqual([isolated, expect.any(Number)])
    expect(controllers).not.toContain(4)
    expect(cluster.isMember(4)).toBe(true)
  }
})
