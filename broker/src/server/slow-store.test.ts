/** A coordination store that takes longer for an append than a session lasts: changes are slow, and nobody dies of it. */
import { expect, test, vi } from 'vitest'
import { TestCluster } from './test-cluster.ts'
import { createTopic } from './test-requests.ts'

const APPEND_MS = 4000
const SESSIONS = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }

async function startSlow(): Promise<[TestCluster, number]> {
  const cluster = await TestCluster.start(3, SESSIONS)
  const { logs } = cluster.store
  const append = logs.append.bind(logs)
  vi.spyOn(logs, 'append').mockImplementation(async (...parameters) => {
    await new Promise<void>((resolve) => {
      cluster.clock.after(APPEND_MS, resolve)
    })
    return append(...parameters)
  })
  const controller = cluster.brokerIds.find((id) => cluster.broker(id).isController)
  return [cluster, controller as number]
}

function whoControls(cluster: TestCluster): number[] {
  return cluster.brokerIds.filter((id) => cluster.broker(id).isController)
}

function countFenced(cluster: TestCluster): number {
  return cluster.logged.filter(({ message }) => message === 'a broker is fenced').length
}

test('the controller stays, and hears all the others meanwhile', async () => {
  const [cluster, controller] = await startSlow()
  for (let count = 0; count < 5; count++) {
    await createTopic(cluster, controller, { name: `t${count}`, partitions: 1, replicationFactor: 3 })
    expect(whoControls(cluster)).toEqual([controller])
    expect(cluster.brokerIds.every((id) => cluster.isMember(id))).toBe(true)
  }
  expect(countFenced(cluster)).toBe(0)
})

test('a broker that was killed comes back, and stays', async () => {
  const [cluster, controller] = await startSlow()
  const victim = cluster.brokerIds.find((id) => id !== controller) as number
  cluster.crash(victim)
  await cluster.startBroker(victim)
  await cluster.until(() => cluster.isMember(victim), 10 * APPEND_MS)
  expect(whoControls(cluster)).toEqual([controller])
  const fenced = countFenced(cluster)
  await cluster.advance(5 * APPEND_MS)
  expect(cluster.isMember(victim)).toBe(true)
  expect(countFenced(cluster)).toBe(fenced)
})
