/** Followers whose partitions rest: leaders do not look at what nothing happens in, and miss nothing by it. */
import { expect, test, vi } from 'vitest'
import { DeleteRecordsApi } from '../apis/21-delete-records.ts'
import { Partition } from '../replication/partition/partition.ts'
import type { Watchers } from '../replication/partition/watchers.ts'
import { ErrorCode } from '../wire/index.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { type Properties, TestCluster } from './test-cluster.ts'
import { batchOf, createTopic, fetch, leaders, metadata, produce } from './test-requests.ts'

const TOPIC = 'orders'
const PARTITIONS = 20
const LAG_MS = 30_000

async function idleCluster(
  properties: Properties = {},
  configs: Readonly<Record<string, string>> = {},
): Promise<TestCluster> {
  const cluster = await TestCluster.start(3, { 'min.insync.replicas': '2', ...properties })
  await createTopic(cluster, 1, { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3, configs })
  await cluster.advance(2 * LAG_MS)
  return cluster
}

async function stateOf(cluster: TestCluster, partition: number, witness = 1) {
  const { topics } = await metadata(cluster, witness, [TOPIC])
  const found = topics[0]?.partitions[partition]
  if (found === undefined) throw new Error('the partition is not known')
  return found
}

async function put(cluster: TestCluster, partition: number, leaderId: number): Promise<number> {
  const records = batchOf(['a'], cluster.clock.now())
  return (await produce(cluster, leaderId, { topic: TOPIC, partition, acks: -1, records })).errorCode
}

test('leaders hardly look at partitions in which nothing happens', async () => {
  const cluster = await idleCluster()
  const looks = vi.spyOn(Partition.prototype, 'fetchedBy')
  await cluster.advance(10_000)
  const count = looks.mock.calls.length
  looks.mockRestore()
  // Six sessions fetch twice a second, and look at one partition each: else it would be forty with each fetch.
  expect(count).toBeGreaterThan(0)
  expect(count).toBeLessThanOrEqual(6 * 2 * 10 * 1.1)
  expect(cluster.errors).toEqual([])
})

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

test.each([
  { told: 'with the next records or within 100 ms', properties: {}, withinMs: 110 },
  {
    told: 'at once where consumers read from them',
    properties: { 'replica.selector.class': RACK_AWARE },
    withinMs: 20,
  },
])(
  'the first record after a long rest is acknowledged at once, and replicas are told that it is committed $told',
  async ({ properties, withinMs }) => {
    const cluster = await idleCluster(properties)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { leaderId } = await stateOf(cluster, partition)
      const startedMs = cluster.clock.monotonic()
      expect(await put(cluster, partition, leaderId)).toBe(ErrorCode.NONE)
      expect(cluster.clock.monotonic() - startedMs).toBeLessThan(20)
      await cluster.advance(withinMs)
      for (const id of cluster.brokerIds) {
        const replica = [...cluster.broker(id).partitions].find(
          ({ topic, index }) => topic === TOPIC && index === partition,
        )
        expect(replica?.highWatermark).toBe(1)
      }
    }
    expect(cluster.errors).toEqual([])
  },
)

test('while records come, each costs a follower one fetch', async () => {
  const cluster = await idleCluster()
  const { leaderId } = await stateOf(cluster, 0)
  await put(cluster, 0, leaderId)
  const looks = vi.spyOn(Partition.prototype, 'fetchedBy')
  for (let count = 0; count < 50; count++) {
    await put(cluster, 0, leaderId)
    await cluster.advance(20)
  }
  const contexts = looks.mock.contexts as Partition[]
  const ofTopic = contexts.filter((partition) => partition.topic === TOPIC && partition.index === 0)
  looks.mockRestore()
  // With the high watermark on its own there were two.
  expect(ofTopic.length).toBeLessThanOrEqual(50 * 2 * 1.1)
  expect(cluster.errors).toEqual([])
})

test('a follower that has everything, and of which nothing is heard but fetches, stays in the ISR', async () => {
  const cluster = await idleCluster()
  await cluster.advance(10 * LAG_MS)
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect((await stateOf(cluster, partition)).isrNodes).toHaveLength(3)
  expect(cluster.errors).toEqual([])
})

test('a follower that is cut off while its partitions rest leaves the ISR when they go on without it', async () => {
  const cluster = await idleCluster()
  // Both go on to be heard by the controller.
  const [leaderId, follower] = cluster.brokerIds.filter((id) => !cluster.broker(id).isController) as [
    number,
    number,
  ]
  const led = (await leaders(cluster, 1, TOPIC)).indexOf(leaderId)
  const heal = cluster.network.block(`broker-${leaderId}`, `broker-${follower}`)
  await cluster.advance(LAG_MS)
  // It has everything that there is.
  expect((await stateOf(cluster, led, leaderId)).isrNodes).toContain(follower)
  expect(await put(cluster, led, leaderId)).toBe(ErrorCode.REQUEST_TIMED_OUT)
  await cluster.advance(LAG_MS / 2 + 1000)
  expect((await stateOf(cluster, led, leaderId)).isrNodes).not.toContain(follower)
  expect(await put(cluster, led, leaderId)).toBe(ErrorCode.NONE)
  heal()
  await cluster.advance(5000)
  expect((await stateOf(cluster, led)).isrNodes).toHaveLength(3)
  expect(cluster.errors).toEqual([])
})

test('a broker that is fenced and comes back is in every ISR again, also where its partitions rested', async () => {
  const cluster = await idleCluster()
  const controller = cluster.brokerIds.find((id) => cluster.broker(id).isController) as number
  const silent = cluster.brokerIds.find((id) => id !== controller) as number
  const heal = cluster.network.block(`broker-${controller}`, `broker-${silent}`)
  await cluster.advance(15_000)
  expect((await stateOf(cluster, 0, controller)).isrNodes).not.toContain(silent)
  heal()
  await cluster.advance(5000)
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect((await stateOf(cluster, partition)).isrNodes).toHaveLength(3)
  expect(cluster.errors).toEqual([])
})

test('partitions that rested are written and read on under another leader', async () => {
  const cluster = await idleCluster()
  const led = await leaders(cluster, 1, TOPIC)
  const dying = cluster.brokerIds.find((id) => !cluster.broker(id).isController) as number
  const witness = cluster.brokerIds.find((id) => id !== dying) as number
  const partition = led.indexOf(dying)
  expect(await put(cluster, partition, dying)).toBe(ErrorCode.NONE)
  await cluster.advance(5000)
  cluster.crash(dying)
  await cluster.advance(1000)
  const { leaderId, isrNodes } = await stateOf(cluster, partition, witness)
  expect(isrNodes).toHaveLength(2)
  expect(isrNodes).toContain(leaderId)
  const startedMs = cluster.clock.monotonic()
  expect(await put(cluster, partition, leaderId)).toBe(ErrorCode.NONE)
  expect(cluster.clock.monotonic() - startedMs).toBeLessThan(20)
  await cluster.startBroker(dying)
  await cluster.advance(5000)
  for (let index = 0; index < PARTITIONS; index++)
    expect((await stateOf(cluster, index)).isrNodes).toHaveLength(3)
  expect(await put(cluster, partition, leaderId)).toBe(ErrorCode.NONE)
  expect(cluster.errors).toEqual([])
})

test('a follower for which there is no session left, or no more, follows all the same', async () => {
  const cluster = await idleCluster({ 'max.incremental.fetch.session.cache.slots': '1' })
  const end = vi.spyOn(FetchSessions.prototype, 'resolve')
  end.mockReturnValueOnce(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  await cluster.advance(2 * LAG_MS)
  end.mockRestore()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { leaderId, isrNodes } = await stateOf(cluster, partition)
    expect(isrNodes).toHaveLength(3)
    expect(await put(cluster, partition, leaderId)).toBe(ErrorCode.NONE)
  }
  expect(cluster.errors).toEqual([])
})

test('records that retention or an operator deletes are soon gone from followers whose partitions rested', async () => {
  const cluster = await idleCluster(
    { 'log.retention.check.interval.ms': '1000' },
    { 'retention.ms': '60000' },
  )
  const startsOf = async (partition: number) => {
    const starts = cluster.brokerIds.map((id) => fetch(cluster, id, { topic: TOPIC, partition, offset: 9 }))
    return (await Promise.all(starts)).map(({ logStartOffset }) => logStartOffset)
  }
  for (const partition of [0, 1]) {
    const { leaderId } = await stateOf(cluster, partition)
    for (let count = 0; count < 9; count++) await put(cluster, partition, leaderId)
  }
  await cluster.advance(5000)
  const { leaderId } = await stateOf(cluster, 0)
  const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 4 }] }]
  const answer = await cluster.request(leaderId, DeleteRecordsApi, 2, { topics, timeoutMs: 5000 })
  expect(answer.topics[0]?.partitions[0]).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 4 })
  expect(await startsOf(0)).toEqual([4, 4, 4])
  await cluster.advance(65_000)
  expect(await startsOf(1)).toEqual([9, 9, 9])
  expect(cluster.errors).toEqual([])
})

test('a log that fails while its partition rests is told of at once', async () => {
  const cluster = await idleCluster()
  const { leaderId } = await stateOf(cluster, 0)
  cluster.disk(leaderId).fail({ operations: ['write'], code: 'EIO', path: new RegExp(`${TOPIC}-0/`) })
  expect(await put(cluster, 0, leaderId)).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
  await cluster.advance(1000)
  const after = await stateOf(cluster, 0)
  expect(after.leaderId).not.toBe(leaderId)
  expect(await put(cluster, 0, after.leaderId)).toBe(ErrorCode.NONE)
  expect(cluster.errors).toEqual([])
})

test('news that a partition keeps to itself do not stay unknown, and are an error of ours', async () => {
  const cluster = await idleCluster()
  const { leaderId } = await stateOf(cluster, 0)
  const leader = [...cluster.broker(leaderId).partitions].find(
    ({ topic, index }) => topic === TOPIC && index === 0,
  )
  const notify = vi.spyOn(leader?.followers as Watchers, 'notify').mockImplementation(() => {})
  const answer = put(cluster, 0, leaderId)
  await cluster.advance(100)
  notify.mockRestore()
  await answer
  await cluster.advance(30_000)
  expect(cluster.errors.map(({ fields }) => String(fields?.error))).toContainEqual(
    expect.stringContaining('tells those who follow'),
  )
  expect(await put(cluster, 0, leaderId)).toBe(ErrorCode.NONE)
})
