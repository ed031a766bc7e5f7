import { expect, test } from 'vitest'
import { DeleteRecordsApi } from '../apis/21-delete-records.ts'
import { ErrorCode } from '../wire/index.ts'
import { TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetch, fetchValues, metadata, produce } from './test-requests.ts'

const TOPIC = 'orders'

async function replicated(seed = 1): Promise<TestCluster> {
  const cluster = await TestCluster.start(3, { 'min.insync.replicas': '2' }, seed)
  await createTopic(cluster, 1, { name: TOPIC, replicationFactor: 3 })
  return cluster
}

async function stateOf(cluster: TestCluster, witness = cluster.brokerIds[0] as number) {
  const { topics } = await metadata(cluster, witness, [TOPIC])
  const partition = topics[0]?.partitions[0]
  if (partition === undefined) throw new Error('the topic is not known')
  return partition
}

async function put(cluster: TestCluster, value: string, leader?: number) {
  const brokerId = leader ?? (await stateOf(cluster)).leaderId
  const records = batchOf([value], cluster.clock.now())
  return (await produce(cluster, brokerId, { topic: TOPIC, acks: -1, records })).errorCode
}

test('a record that is acknowledged by all can be read from the leader', async () => {
  const cluster = await replicated()
  expect(await put(cluster, 'a')).toBe(ErrorCode.NONE)
  const { leaderId, isrNodes } = await stateOf(cluster)
  expect(isrNodes.toSorted()).toEqual([1, 2, 3])
  expect(await fetchValues(cluster, leaderId, TOPIC)).toEqual(['a'])
  expect(cluster.errors).toEqual([])
})

test('when the leader is killed the next one has everything that was acknowledged', async () => {
  const cluster = await replicated()
  for (const value of ['a', 'b', 'c']) expect(await put(cluster, value)).toBe(ErrorCode.NONE)
  const before = await stateOf(cluster)
  cluster.crash(before.leaderId)
  await cluster.advance(5000)
  const after = await stateOf(cluster)
  expect(after.leaderId).not.toBe(before.leaderId)
  expect(after.leaderEpoch).toBeGreaterThan(before.leaderEpoch)
  expect(await fetchValues(cluster, after.leaderId, TOPIC)).toEqual(['a', 'b', 'c'])
  expect(await put(cluster, 'd')).toBe(ErrorCode.NONE)
  await cluster.startBroker(before.leaderId)
  await cluster.until(() => cluster.isMember(before.leaderId))
  await cluster.advance(1000)
  expect((await stateOf(cluster)).isrNodes.toSorted()).toEqual([1, 2, 3])
  expect(cluster.errors).toEqual([])
})

test('a follower that is cut off leaves the ISR after the lag time; writes go on with the other two', async () => {
  const cluster = await replicated()
  const { leaderId } = await stateOf(cluster)
  const follower = cluster.brokerIds.find(
    (id) => id !== leaderId && !cluster.broker(id).isController,
  ) as number
  const heal = cluster.network.block(`broker-${leaderId}`, `broker-${follower}`)
  const answer = put(cluster, 'a', leaderId)
  expect(await answer).toBe(ErrorCode.REQUEST_TIMED_OUT)
  await cluster.advance(46_000)
  expect((await stateOf(cluster, leaderId)).isrNodes).not.toContain(follower)
  expect(await put(cluster, 'b', leaderId)).toBe(ErrorCode.NONE)
  expect(await fetchValues(cluster, leaderId, TOPIC)).toEqual(['a', 'b'])
  heal()
  await cluster.advance(5000)
  expect((await stateOf(cluster)).isrNodes.toSorted()).toEqual([1, 2, 3])
  expect(cluster.errors).toEqual([])
})

test('a leader that is cut off from all acknowledges nothing, and what it wrote alone is gone when it is back', async () => {
  const cluster = await replicated()
  expect(await put(cluster, 'a')).toBe(ErrorCode.NONE)
  const { leaderId } = await stateOf(cluster)
  const others = cluster.brokerIds.filter((id) => id !== leaderId)
  const heals = others.map((id) => cluster.network.block(`broker-${leaderId}`, `broker-${id}`))
  expect(await put(cluster, 'alone', leaderId)).toBe(ErrorCode.REQUEST_TIMED_OUT)
  await cluster.advance(15_000)
  expect(await fetchValues(cluster, leaderId, TOPIC)).toEqual(['a'])
  for (const heal of heals) heal()
  await cluster.advance(5000)
  const after = await stateOf(cluster)
  expect(await put(cluster, 'b', after.leaderId)).toBe(ErrorCode.NONE)
  await cluster.advance(2000)
  const values = await Promise.all(cluster.brokerIds.map((id) => fetchValues(cluster, id, TOPIC)))
  expect(new Set(values.map((each) => each.join()))).toEqual(new Set([values[0]?.join()]))
  expect(values[0]).toContain('a')
  expect(values[0]).toContain('b')
})

test('with two of three zones gone nothing is acknowledged, nothing is lost, and it goes on when one is back', async () => {
  const cluster = await replicated()
  expect(await put(cluster, 'a')).toBe(ErrorCode.NONE)
  const lost = cluster.brokerIds.filter((id) => !cluster.broker(id).isController)
  const survivor = cluster.brokerIds.find((id) => !lost.includes(id)) as number
  for (const id of lost) cluster.crash(id)
  await cluster.advance(1000)
  const { leaderId } = await stateOf(cluster, survivor)
  if (leaderId === survivor)
    expect(await put(cluster, 'refused', survivor)).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
  await cluster.startBroker(lost[0] as number)
  await cluster.advance(2000)
  expect(await put(cluster, 'b')).toBe(ErrorCode.NONE)
  expect(await fetchValues(cluster, (await stateOf(cluster)).leaderId, TOPIC)).toEqual(['a', 'b'])
  expect(cluster.errors).toEqual([])
})

test('a broker that loses power with its last writes gets them back from the others', async () => {
  const cluster = await replicated()
  for (const value of ['a', 'b', 'c']) expect(await put(cluster, value)).toBe(ErrorCode.NONE)
  for (const id of [...cluster.brokerIds]) {
    cluster.crash(id, 'losePower')
    await cluster.advance(3000)
    await cluster.startBroker(id)
    await cluster.until(() => cluster.isMember(id))
    await cluster.advance(3000)
    expect((await stateOf(cluster)).isrNodes.toSorted()).toEqual([1, 2, 3])
  }
  for (const id of cluster.brokerIds) expect(await fetchValues(cluster, id, TOPIC)).toEqual(['a', 'b', 'c'])
  expect(cluster.errors).toEqual([])
})

test('a controlled shutdown of the leader costs a producer less than 100 ms', async () => {
  const cluster = await replicated()
  expect(await put(cluster, 'a')).toBe(ErrorCode.NONE)
  const { leaderId } = await stateOf(cluster)
  const witness = cluster.brokerIds.find((id) => id !== leaderId) as number
  const stopping = cluster.broker(leaderId).stop()
  const startedMs = cluster.clock.monotonic()
  for (;;) {
    const state = await stateOf(cluster, witness)
    if (state.leaderId !== leaderId && (await put(cluster, 'b', state.leaderId)) === ErrorCode.NONE) break
    await cluster.advance(5)
  }
  expect(cluster.clock.monotonic() - startedMs).toBeLessThan(100)
  await cluster.settle(stopping)
})

test('records that are deleted are gone from every replica when the answer comes', async () => {
  const cluster = await replicated()
  for (const value of ['a', 'b', 'c']) expect(await put(cluster, value)).toBe(ErrorCode.NONE)
  const { leaderId } = await stateOf(cluster)
  const { topics } = await cluster.request(leaderId, DeleteRecordsApi, 2, {
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 5000,
  })
  expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 2 })
  for (const id of cluster.brokerIds) {
    const { logStartOffset } = await fetch(cluster, id, { topic: TOPIC, offset: 2 })
    expect(logStartOffset).toBe(2)
  }
})

test('a follower serves consumers what is committed, and nothing beyond (KIP-392)', async () => {
  const cluster = await replicated()
  expect(await put(cluster, 'a')).toBe(ErrorCode.NONE)
  await cluster.advance(100)
  const { leaderId } = await stateOf(cluster)
  const [follower, other] = cluster.brokerIds.filter((id) => id !== leaderId) as [number, number]
  expect(await fetchValues(cluster, follower, TOPIC)).toEqual(['a'])
  cluster.network.block(`broker-${leaderId}`, `broker-${other}`)
  expect(await put(cluster, 'b', leaderId)).toBe(ErrorCode.REQUEST_TIMED_OUT)
  expect(await fetchValues(cluster, follower, TOPIC)).toEqual(['a'])
})
