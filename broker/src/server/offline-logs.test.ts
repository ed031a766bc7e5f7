import { expect, test } from 'vitest'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetch, fetchValues, metadata, produce } from './test-requests.ts'

const TOPIC = 'orders'

async function stateOf(cluster: TestCluster) {
  const { topics } = await metadata(cluster, 1, [TOPIC])
  const partition = topics[0]?.partitions[0]
  if (partition === undefined) throw new Error('the topic is not known')
  return partition
}

async function put(cluster: TestCluster, value: string, leader: number) {
  const records = batchOf([value], cluster.clock.now())
  return (await produce(cluster, leader, { topic: TOPIC, acks: -1, records })).errorCode
}

async function replicated(): Promise<TestCluster> {
  const cluster = await TestCluster.start(3, { 'min.insync.replicas': '2' })
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 3 })
  return cluster
}

test('a leader whose log went offline tells the controller, and another replica leads at once', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.NONE)
  cluster.disk(failed).fail({ operations: ['write'], path: /orders-0/, code: 'EIO' })
  expect(await put(cluster, 'b', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await cluster.advance(100)
  const { leaderId, isrNodes, offlineReplicas } = await stateOf(cluster)
  expect(leaderId).not.toBe(failed)
  expect(isrNodes).not.toContain(failed)
  expect(offlineReplicas).toEqual([failed])
  expect(await put(cluster, 'c', leaderId)).toBe(ErrorCode.NONE)
  expect(await fetchValues(cluster, leaderId, TOPIC)).toEqual(['a', 'c'])
})

test('it says so until the controller hears it', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  cluster.isStoreAvailable = false
  cluster.disk(failed).fail({ operations: ['write'], path: /orders-0/, code: 'EIO' })
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await cluster.advance(3000)
  expect((await stateOf(cluster)).leaderId).toBe(failed)
  cluster.isStoreAvailable = true
  await cluster.advance(5000)
  expect((await stateOf(cluster)).offlineReplicas).toEqual([failed])
  expect((await stateOf(cluster)).leaderId).not.toBe(failed)
})

test('a replica whose folder cannot be opened leads nothing', async () => {
  const cluster = await TestCluster.start(3)
  cluster.disk(1).fail({ operations: ['makeFolder'], path: /orders-0/, code: 'EIO' })
  await createTopic(cluster, 2, { name: TOPIC, replicationFactor: 3 })
  await cluster.advance(200)
  const { leaderId, offlineReplicas } = await stateOf(cluster)
  expect(offlineReplicas).toEqual([1])
  expect(leaderId).not.toBe(1)
  expect(await put(cluster, 'a', leaderId)).toBe(ErrorCode.NONE)
})

test('a follower whose log went offline holds nobody up', async () => {
  const cluster = await replicated()
  const { leaderId } = await stateOf(cluster)
  expect(await put(cluster, 'a', leaderId)).toBe(ErrorCode.NONE)
  const failed = leaderId === 1 ? 2 : 1
  cluster.disk(failed).fail({ operations: ['write'], path: /orders-0/, code: 'EIO' })
  const beganMs = cluster.clock.now()
  expect(await put(cluster, 'b', leaderId)).toBe(ErrorCode.NONE)
  expect(cluster.clock.now() - beganMs).toBeLessThan(500)
  expect((await stateOf(cluster)).offlineReplicas).toEqual([failed])
})

test('a replica whose disk was full follows again once there is room, without a restart', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.NONE)
  const disk = cluster.disk(failed)
  disk.capacityBytes = disk.usedBytes
  expect(await put(cluster, 'b', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await cluster.advance(5000)
  const { leaderId, offlineReplicas } = await stateOf(cluster)
  expect(offlineReplicas).toEqual([failed])
  expect(await put(cluster, 'c', leaderId)).toBe(ErrorCode.NONE)

  disk.capacityBytes = Number.POSITIVE_INFINITY
  await cluster.advance(5000)
  expect(await stateOf(cluster)).toMatchObject({ offlineReplicas: [], leaderId })
  expect([...(await stateOf(cluster)).isrNodes].sort()).toEqual([1, 2, 3])
  expect(await put(cluster, 'd', leaderId)).toBe(ErrorCode.NONE)
  cluster.crash(leaderId)
  await cluster.advance(500)
  for (const brokerId of [1, 2, 3].filter((id) => id !== leaderId))
    expect(await fetchValues(cluster, brokerId, TOPIC)).toEqual(['a', 'c', 'd'])
})

test('a replica for which there was no room when its topic was made is in sync once there is', async () => {
  const cluster = await TestCluster.start(3)
  const disk = cluster.disk(1)
  disk.capacityBytes = disk.usedBytes
  await createTopic(cluster, 2, { name: TOPIC, replicationFactor: 3 })
  expect((await stateOf(cluster)).offlineReplicas).toEqual([1])
  disk.capacityBytes = Number.POSITIVE_INFINITY
  // What happens to another replica has this one opened, before that is tried again by itself.
  cluster.crash(3)
  await cluster.advance(500)
  await cluster.startBroker(3)
  await cluster.advance(60_000)
  expect((await stateOf(cluster)).offlineReplicas).toEqual([])
  expect([...(await stateOf(cluster)).isrNodes].sort()).toEqual([1, 2, 3])
})

test('a partition without other replicas is back with its records once there is room', async () => {
  const cluster = await TestCluster.start(1)
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 1 })
  expect(await put(cluster, 'a', 1)).toBe(ErrorCode.NONE)
  const disk = cluster.disk(1)
  disk.capacityBytes = disk.usedBytes
  expect(await put(cluster, 'b', 1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  disk.capacityBytes = Number.POSITIVE_INFINITY
  await cluster.advance(5000)
  expect(await put(cluster, 'c', 1)).toBe(ErrorCode.NONE)
  expect(await fetchValues(cluster, 1, TOPIC)).toEqual(['a', 'c'])
})

test('a replica does not come back before the controller has heard that it was offline', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  cluster.isStoreAvailable = false
  const disk = cluster.disk(failed)
  disk.capacityBytes = disk.usedBytes
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  disk.capacityBytes = Number.POSITIVE_INFINITY
  await cluster.advance(10_000)
  expect(await put(cluster, 'b', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  cluster.isStoreAvailable = true
  await cluster.advance(35_000)
  const { leaderId, offlineReplicas } = await stateOf(cluster)
  expect(offlineReplicas).toEqual([])
  expect(await put(cluster, 'c', leaderId)).toBe(ErrorCode.NONE)
})

test('where the disk itself failed, nothing is tried again before the broker is restarted', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  const heal = cluster.disk(failed).fail({ operations: ['write'], path: /orders-0/, code: 'EIO' })
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  heal()
  await cluster.advance(120_000)
  expect((await stateOf(cluster)).offlineReplicas).toEqual([failed])
})

test('a single read that fails takes the log offline, as in Kafka, and the broker has all of it again after a restart', async () => {
  const cluster = await replicated()
  const { leaderId: failed } = await stateOf(cluster)
  expect(await put(cluster, 'a', failed)).toBe(ErrorCode.NONE)
  const heal = cluster.disk(failed).fail({ operations: ['read'], path: /orders-0\/.*\.log$/, code: 'EIO' })
  const read = () => fetch(cluster, failed, { topic: TOPIC })
  expect((await read()).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  heal()
  expect((await read()).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await cluster.advance(1000)
  const { leaderId, offlineReplicas } = await stateOf(cluster)
  expect([leaderId === failed, offlineReplicas]).toEqual([false, [failed]])
  expect(await fetchValues(cluster, leaderId, TOPIC)).toEqual(['a'])
  expect(await put(cluster, 'b', leaderId)).toBe(ErrorCode.NONE)

  await cluster.stop(failed)
  await cluster.startBroker(failed)
  await cluster.until(() => cluster.isMember(failed))
  await cluster.advance(5000)
  expect(await stateOf(cluster)).toMatchObject({ offlineReplicas: [] })
  expect([...(await stateOf(cluster)).isrNodes].sort()).toEqual([1, 2, 3])
})

test('a follower whose log cannot be read by consumers holds nobody up', async () => {
  const cluster = await replicated()
  const { leaderId } = await stateOf(cluster)
  expect(await put(cluster, 'a', leaderId)).toBe(ErrorCode.NONE)
  await cluster.advance(100)
  const failed = cluster.brokerIds.find((id) => id !== leaderId) as number
  const heal = cluster.disk(failed).fail({ operations: ['read'], path: /orders-0\/.*\.log$/, code: 'EIO' })
  expect((await fetch(cluster, failed, { topic: TOPIC })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  heal()
  expect(await put(cluster, 'b', leaderId)).toBe(ErrorCode.NONE)
  await cluster.advance(100)
  expect((await stateOf(cluster)).offlineReplicas).toEqual([failed])
  expect(await put(cluster, 'c', leaderId)).toBe(ErrorCode.NONE)
})
