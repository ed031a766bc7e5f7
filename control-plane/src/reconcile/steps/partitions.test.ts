import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../model/cluster.ts'
import { nextStep } from '../../model/operation.ts'
import { SimulatedWorld } from '../../testing/simulated-world.ts'
import { activeCluster, begin } from '../../testing/updates.ts'
import { runNextStep } from '../runner.ts'

describe('partitions', () => {
  it('move onto new brokers a bounded number of bytes at a time', async () => {
    const world = new SimulatedWorld()
    const cluster = await activeCluster(world, 3)
    await begin(world, cluster, 'INCREASE_BROKER_COUNT')
    await world.run(cluster, world.boot())
    const loads = [1, 2, 3, 4, 5, 6].map((brokerId) => world.kafka.replicasOn(brokerId))
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
    expect(world.kafka.movingBytesMax).toBeGreaterThan(0)
    expect(world.kafka.movingBytesMax).toBeLessThanOrEqual(1024 ** 3)
  })

  it('stay where they are while rebalancing is PAUSED, until it is made ACTIVE', async () => {
    const world = new SimulatedWorld()
    const cluster = await activeCluster(world, 3)
    await world.clusters.update(cluster, paused)
    await begin(world, cluster, 'INCREASE_BROKER_COUNT')
    await world.run(cluster, world.boot())
    expect(world.kafka.replicasOn(4)).toBe(0)
    await begin(world, cluster, 'UPDATE_REBALANCING')
    await world.run(cluster, world.boot())
    expect(world.kafka.replicasOn(4)).toBeGreaterThan(0)
  })

  it('begin to move no more once a pause was answered, whatever a step has seen by then', async () => {
    const world = new SimulatedWorld()
    const cluster = await activeCluster(world, 6)
    await begin(world, cluster, 'DECREASE_BROKER_COUNT')
    const context = world.boot()
    let begun = 0
    const kafka: typeof context.kafka = (endpoints, task) =>
      context.kafka(endpoints, (admin) => {
        const topology: typeof admin.topology = async (names) => {
          await world.clusters.update(cluster, paused)
          return admin.topology(names)
        }
        const reassign: typeof admin.reassign = (moves) => {
          begun += moves.length
          return admin.reassign(moves)
        }
        return task({ ...admin, topology, reassign })
      })
    const step = async () => nextStep((await world.clusters.find(cluster))!.activeOperation!)
    while ((await step()) !== 'DRAIN_BROKERS') await runNextStep(cluster, { ...context, kafka })
    const waiting = await runNextStep(cluster, { ...context, kafka })
    expect([waiting.kind, await step(), begun]).toEqual(['WAITING', 'DRAIN_BROKERS', 0])
  })

  it('are looked at the less often the more is under way: every broker is asked for all that it has', async () => {
    const waits = async (sizeBytes: number) => {
      const world = new SimulatedWorld()
      const cluster = await activeCluster(world, 3)
      world.kafka.addTopic(
        { topicName: 'more', partitionCount: 28, replicationFactor: 3, configs: {} },
        sizeBytes,
      )
      await begin(world, cluster, 'INCREASE_BROKER_COUNT')
      const context = world.boot()
      let longestMs = 0
      for (let steps = 0; steps < 1_000; steps++) {
        const progress = await runNextStep(cluster, context)
        if (progress.kind === 'IDLE') return longestMs
        if (progress.kind === 'WAITING' && progress.step === 'REBALANCE_PARTITIONS')
          longestMs = Math.max(longestMs, progress.waitMs)
      }
      throw new Error('the rebalance does not end')
    }
    const [few, many] = [await waits(1_000), await waits(10 ** 9)]
    expect(few).toBeGreaterThanOrEqual(200)
    expect(many).toBeGreaterThan(few + 100)
    expect(many).toBeLessThan(2_000)
    expect(await waits(10 ** 12)).toBeLessThan(2_000)
  })

  it('that a broker shows with replicas of before and after a move are looked at again', async () => {
    const world = new SimulatedWorld()
    const cluster = await activeCluster(world, 6)
    await begin(world, cluster, 'DECREASE_BROKER_COUNT')
    const context = world.boot()
    let looks = 0
    const kafka: typeof context.kafka = (endpoints, task) =>
      context.kafka(endpoints, (admin) => {
        const isBehind = endpoints.length > 1 && looks++ < 3
        const topology: typeof admin.topology = async (names) => {
          const { topics, ...rest } = await admin.topology(names)
          const widened = topics.map(({ partitions, ...topic }) => ({
            ...topic,
            partitions: partitions.map((each) => ({ ...each, replicas: [1, 2, 3, 4, 5, 6] })),
          }))
          return { ...rest, topics: widened }
        }
        return task(isBehind ? { ...admin, topology } : admin)
      })
    expect(await world.run(cluster, { ...context, kafka })).toBe(true)
    const { state, brokers } = (await world.clusters.find(cluster))!
    expect([state, brokers.length]).toEqual(['ACTIVE', 3])
  })

  it('that cannot go anywhere end the removal of brokers, with the reason', async () => {
    const world = new SimulatedWorld()
    const cluster = await activeCluster(world, 6)
    world.kafka.addTopic({ topicName: 'wide', partitionCount: 1, replicationFactor: 5, configs: {} })
    await begin(world, cluster, 'DECREASE_BROKER_COUNT')
    const context = world.boot()
    const failure = await world.run(cluster, context).catch((error: unknown) => error)
    expect(failure).toMatchObject({ errorCode: 'TOO_FEW_BROKERS' })
  })
})

function paused(cluster: Cluster): Cluster {
  if (cluster.clusterType !== 'PROVISIONED') return cluster
  const rebalancing = { status: 'PAUSED' } as const
  const changed = { ...cluster, provisioned: { ...cluster.provisioned, rebalancing } }
  const { activeOperation } = cluster
  const { update } = activeOperation ?? {}
  if (update?.specification === undefined) return changed
  const specification = { ...update.specification, rebalancing }
  return { ...changed, activeOperation: { ...activeOperation!, update: { ...update, specification } } }
}
