import { expect, test } from 'vitest'
import { DeleteTopicsApi } from '../apis/20-delete-topics.ts'
import { InitProducerIdApi } from '../apis/22-init-producer-id.ts'
import { DescribeClusterApi } from '../apis/60-describe-cluster.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { createTopic, fetchValues, leaders, metadata, produceValues } from './test-requests.ts'

const TOPIC = 'orders'

function controllerOf(cluster: TestCluster): number {
  const active = cluster.brokerIds.filter((id) => cluster.broker(id).isController)
  expect(active).toHaveLength(1)
  return active[0] as number
}

function otherThan(cluster: TestCluster, brokerId: number): number {
  return cluster.brokerIds.find((id) => id !== brokerId) as number
}

/** Three brokers and a topic with a partition on each; returns the partition that each broker leads. */
async function clusterWithTopic(): Promise<[TestCluster, Map<number, number>]> {
  const cluster = await TestCluster.start(3)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 3 })
  const partitionOf = new Map((await leaders(cluster, 1, TOPIC)).map((leader, index) => [leader, index]))
  return [cluster, partitionOf]
}

async function nextProducerId(cluster: TestCluster, brokerId: number): Promise<number> {
  const body = { transactionalId: null, transactionTimeoutMs: 1000 }
  for (let attempt = 0; attempt < 100; attempt++) {
    const { errorCode, producerId } = await cluster.request(brokerId, InitProducerIdApi, 4, body)
    if (errorCode === ErrorCode.NONE) return producerId
    expect(errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    await cluster.advance(100)
  }
  throw new Error('no producer id was given')
}

test('exactly one of three brokers becomes the controller, and every broker knows which', async () => {
  const cluster = await TestCluster.start(3)
  await cluster.advance(1000)
  const controllerId = controllerOf(cluster)
  for (const id of cluster.brokerIds) {
    const described = await cluster.request(id, DescribeClusterApi, 2, {
      includeClusterAuthorizedOperations: false,
      includeFencedBrokers: true,
    })
    expect(described.controllerId).toBe(controllerId)
    expect(described.brokers.map((each) => [each.brokerId, each.isFenced])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ])
  }
  await cluster.stopAll()
  expect(cluster.errors).toEqual([])
})

test('a topic created through any broker is spread over the racks', async () => {
  const cluster = await TestCluster.start(3)
  const through = otherThan(cluster, controllerOf(cluster))
  await createTopic(cluster, through, { name: TOPIC, partitions: 6 })
  for (const id of cluster.brokerIds) {
    const found = await leaders(cluster, id, TOPIC)
    expect(found.toSorted()).toEqual([1, 1, 2, 2, 3, 3])
  }
})

test('a killed broker is fenced at once; after its restart it leads again, in a higher epoch, with its records', async () => {
  const [cluster, partitionOf] = await clusterWithTopic()
  const victim = otherThan(cluster, controllerOf(cluster))
  const witness = cluster.brokerIds.find((id) => id !== victim && id !== controllerOf(cluster)) as number
  const partition = partitionOf.get(victim) as number
  await produceValues(cluster, victim, TOPIC, ['a', 'b'], partition)
  const before = (await metadata(cluster, witness, [TOPIC])).topics[0]?.partitions[partition]

  cluster.crash(victim)
  await cluster.advance(200)
  const dead = await metadata(cluster, witness, [TOPIC])
  expect(dead.brokers.map((each) => each.nodeId)).not.toContain(victim)
  expect(dead.topics[0]?.partitions[partition]).toMatchObject({
    errorCode: ErrorCode.LEADER_NOT_AVAILABLE,
    leaderId: -1,
    offlineReplicas: [victim],
  })

  const restartedMs = cluster.clock.monotonic()
  await cluster.startBroker(victim)
  await cluster.until(() => cluster.isMember(victim))
  expect(cluster.clock.monotonic() - restartedMs).toBeLessThan(1000)
  await cluster.advance(100)
  const after = (await metadata(cluster, witness, [TOPIC])).topics[0]?.partitions[partition]
  expect(after?.leaderId).toBe(victim)
  expect(after?.leaderEpoch).toBeGreaterThan(before?.leaderEpoch ?? Infinity)
  expect(await fetchValues(cluster, victim, TOPIC, partition)).toEqual(['a', 'b'])
  expect(await produceValues(cluster, victim, TOPIC, ['c'], partition)).toBe(2)
  expect(cluster.errors).toEqual([])
})

test('a broker that goes silent is fenced when its session times out, and comes back by itself', async () => {
  const cluster = await TestCluster.start(3)
  const controllerId = controllerOf(cluster)
  const silent = otherThan(cluster, controllerId)
  const heal = cluster.network.block(`broker-${silent}`, `broker-${controllerId}`)
  await cluster.advance(5000)
  expect((await metadata(cluster, controllerId)).brokers).toHaveLength(3)
  await cluster.advance(6000)
  expect((await metadata(cluster, controllerId)).brokers.map((each) => each.nodeId)).not.toContain(silent)
  heal()
  await cluster.advance(1000)
  expect((await metadata(cluster, controllerId)).brokers).toHaveLength(3)
  expect(cluster.errors).toEqual([])
})

test('when the controller is killed another one takes over before the lease has run out', async () => {
  const [cluster, partitionOf] = await clusterWithTopic()
  const first = controllerOf(cluster)
  const partition = partitionOf.get(first) as number
  await produceValues(cluster, first, TOPIC, ['a'], partition)
  cluster.crash(first)
  await cluster.until(() => cluster.brokerIds.some((id) => cluster.broker(id).isController), 300)
  const second = controllerOf(cluster)
  await createTopic(cluster, otherThan(cluster, second), { name: 'payments', partitions: 2 })

  await cluster.startBroker(first)
  await cluster.until(() => cluster.isMember(first), 1000)
  await cluster.advance(200)
  expect(controllerOf(cluster)).toBe(second)
  expect(await fetchValues(cluster, first, TOPIC, partition)).toEqual(['a'])
  expect(cluster.errors).toEqual([])
})

test('a controller that falls silent is replaced when its lease has run out', async () => {
  const cluster = await TestCluster.start(3)
  const first = controllerOf(cluster)
  const others = cluster.brokerIds.filter((id) => id !== first)
  const heals = others.map((id) => cluster.network.block(`broker-${id}`, `broker-${first}`))
  await cluster.advance(1000)
  expect(controllerOf(cluster)).toBe(first)
  for (const heal of heals) heal()

  await cluster.advance(1000)
  cluster.stall(first)
  await cluster.advance(1000)
  expect(others.filter((id) => cluster.broker(id).isController)).toEqual([])
  await cluster.advance(1500)
  expect(others.filter((id) => cluster.broker(id).isController)).toHaveLength(1)
  expect(cluster.errors).toEqual([])
})

test('a broker that dies before a new controller has heard of it is fenced at once too', async () => {
  const cluster = await TestCluster.start(3)
  const first = controllerOf(cluster)
  cluster.crash(first)
  await cluster.until(() => cluster.brokerIds.some((id) => cluster.broker(id).isController), 300)
  const second = controllerOf(cluster)
  // It has been looked for, and found alive; its next heartbeat is seconds away.
  await cluster.advance(50)
  cluster.crash(otherThan(cluster, second))
  await cluster.advance(400)
  expect((await metadata(cluster, second)).brokers.map(({ nodeId }) => nodeId)).toEqual([second])
  expect(cluster.errors).toEqual([])
})

test('a lone controller that restarts within its lease goes on as the controller', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 1 })
  await produceValues(cluster, 1, TOPIC, ['a'])
  cluster.crash(1)
  await cluster.advance(100)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1), 1000)
  await cluster.advance(200)
  expect(controllerOf(cluster)).toBe(1)
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['a'])
  expect(cluster.errors).toEqual([])
})

test('a controlled shutdown of the controller fences nobody else', async () => {
  const [cluster, partitionOf] = await clusterWithTopic()
  const first = controllerOf(cluster)
  const others = cluster.brokerIds.filter((id) => id !== first)
  const epochs = async (id: number) =>
    (await metadata(cluster, id, [TOPIC])).topics[0]?.partitions.map((each) => [
      each.leaderId,
      each.leaderEpoch,
    ])
  const before = await epochs(others[0] as number)
  await cluster.stop(first)
  await cluster.advance(1000)
  expect(others).toContain(controllerOf(cluster))
  const after = await epochs(others[0] as number)
  for (const id of others)
    expect(after?.[partitionOf.get(id) as number]).toEqual(before?.[partitionOf.get(id) as number])
  expect(after?.[partitionOf.get(first) as number]?.[0]).toBe(-1)
  await cluster.startBroker(first)
  await cluster.until(() => cluster.isMember(first), 1000)
  expect(cluster.logged).toEqual([])
})

test('a controller that leaves in good order is followed by another within a second, however slow the store', async () => {
  const cluster = await TestCluster.start(3)
  cluster.storeDelayMsMax = 100
  for (let round = 0; round < 12; round++) {
    await cluster.advance(cluster.random.below(1000))
    const first = controllerOf(cluster)
    await cluster.stop(first)
    await cluster.until(() => cluster.brokerIds.some((id) => cluster.broker(id).isController), 1000)
    await cluster.startBroker(first)
    await cluster.until(() => cluster.isMember(first), 2000)
  }
  expect(cluster.errors).toEqual([])
})

test('a broker whose port is taken does not stay the controller', async () => {
  const cluster = await TestCluster.start(1)
  cluster.crash(1)
  const squatter = cluster.network.start('broker-1')
  const listener = await squatter.listen({ host: 'broker-1', port: 9092 }, () => {})
  await expect(cluster.startBroker(1)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await cluster.advance(2000)
  expect(cluster.broker(1).isController).toBe(false)
  expect((await cluster.store.leases.read('controller'))?.holder).toBeUndefined()
  await listener.close()
})

test('a store that is away for a minute stops changes, but neither producers nor consumers', async () => {
  const [cluster, partitionOf] = await clusterWithTopic()
  cluster.isStoreAvailable = false
  for (let second = 0; second < 60; second += 5) {
    for (const [id, partition] of partitionOf)
      await produceValues(cluster, id, TOPIC, [`${second}`], partition)
    await cluster.advance(5000)
  }
  for (const [id, partition] of partitionOf)
    expect(await fetchValues(cluster, id, TOPIC, partition)).toHaveLength(12)
  cluster.isStoreAvailable = true
  await cluster.advance(1000)
  controllerOf(cluster)
  await createTopic(cluster, 2, { name: 'payments', partitions: 3 })
  expect((await leaders(cluster, 3, 'payments')).toSorted()).toEqual([1, 2, 3])
})

test('a second broker with the id of one that is alive is refused, and the first one is not disturbed', async () => {
  const cluster = await TestCluster.start(3)
  const controllerId = controllerOf(cluster)
  const twin = otherThan(cluster, controllerId)
  const outsider = await cluster.startTwin(twin)
  await cluster.advance(2000)
  expect(outsider.isFenced).toBe(true)
  expect(cluster.broker(twin).isFenced).toBe(false)
  expect((await metadata(cluster, controllerId)).brokers).toHaveLength(3)
  expect(cluster.logged.map(({ message }) => message)).toEqual([
    'the controller refused to register this broker',
  ])
})

test('a second broker with the id of the controller neither takes its place nor its lease', async () => {
  const cluster = await TestCluster.start(3)
  const controllerId = controllerOf(cluster)
  const outsider = await cluster.startTwin(controllerId)
  await cluster.advance(5000)
  expect([outsider.isFenced, outsider.isController]).toEqual([true, false])
  expect(controllerOf(cluster)).toBe(controllerId)
  expect(cluster.logged.map(({ message }) => message)).toEqual([
    'the controller refused to register this broker',
  ])
})

test('brokers that are all killed at once serve again within a second of their restart', async () => {
  const [cluster, partitionOf] = await clusterWithTopic()
  for (const [id, partition] of partitionOf) await produceValues(cluster, id, TOPIC, [`of ${id}`], partition)
  const ids = cluster.brokerIds
  for (const id of ids) cluster.crash(id)
  await cluster.advance(50)
  const restartedMs = cluster.clock.monotonic()
  for (const id of ids) await cluster.startBroker(id)
  await cluster.until(() => ids.every((id) => cluster.isMember(id)), 1000)
  await cluster.advance(100)
  expect(cluster.clock.monotonic() - restartedMs).toBeLessThan(1000)
  for (const [id, partition] of partitionOf) {
    expect(await fetchValues(cluster, id, TOPIC, partition)).toEqual([`of ${id}`])
    expect(await produceValues(cluster, id, TOPIC, ['more'], partition)).toBe(1)
  }
  expect(cluster.errors).toEqual([])
})

test('no producer id is given twice, whatever broker or controller dies in between', async () => {
  const cluster = await TestCluster.start(3)
  const given: number[] = []
  for (let round = 0; round < 6; round++) {
    for (const id of [...cluster.brokerIds]) given.push(await nextProducerId(cluster, id))
    const victim = round % 2 === 0 ? controllerOf(cluster) : otherThan(cluster, controllerOf(cluster))
    cluster.crash(victim)
    for (const id of [...cluster.brokerIds]) given.push(await nextProducerId(cluster, id))
    await cluster.startBroker(victim)
    await cluster.until(() => cluster.isMember(victim), 5000)
    await cluster.until(() => cluster.brokerIds.some((id) => cluster.broker(id).isController), 5000)
  }
  expect(new Set(given).size).toBe(given.length)
})

test('a disk that refuses to delete keeps nothing else from being deleted or created', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 3 })
  cluster.disk(1).fail({ operations: ['rename'], code: 'EIO', path: /orders-0/ })
  const deleted = await cluster.request(1, DeleteTopicsApi, 5, { topicNames: [TOPIC], timeoutMs: 1000 })
  expect(deleted.responses[0]?.errorCode).toBe(ErrorCode.NONE)
  await createTopic(cluster, 1, { name: 'payments' })
  await produceValues(cluster, 1, 'payments', ['a'])
  expect((await metadata(cluster, 1)).topics.map(({ name }) => name)).toEqual(['payments'])
  expect(
    cluster
      .disk(1)
      .list('/data')
      .filter((name) => /^orders-\d$/.test(name)),
  ).toEqual(['orders-0'])
})

test('a topic that was deleted and created anew keeps its records over a restart', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC })
  await produceValues(cluster, 1, TOPIC, ['old'])
  await cluster.request(1, DeleteTopicsApi, 5, {
    topicNames: [TOPIC],
    timeoutMs: 1000,
  })
  await cluster.advance(100)
  await createTopic(cluster, 1, { name: TOPIC })
  await produceValues(cluster, 1, TOPIC, ['new'])
  cluster.crash(1)
  await cluster.startBroker(1)
  await cluster.until(() => cluster.isMember(1))
  await cluster.advance(100)
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['new'])
  expect(cluster.errors).toEqual([])
})
