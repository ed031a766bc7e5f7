/** What a follower's fetch tells the leader, where its reading takes several turns of the event loop. */
import { expect, test, vi } from 'vitest'
import type { PartitionImage } from '../cluster/index.ts'
import { Partition } from '../replication/partition/partition.ts'
import { TestCluster } from '../server/test-cluster.ts'
import { batchOf, createTopic, leaders, produce } from '../server/test-requests.ts'
import { PartitionLog } from '../storage/index.ts'
import { ErrorCode } from '../wire/index.ts'
import { FetchApi } from './01-fetch.ts'

const TOPIC = 'orders'
const PARTITIONS = 4
/** More than one turn reads. */
const VALUE = 'x'.repeat(900_000)

test('a fetch that takes several turns tells nothing of a partition whose epoch ended meanwhile', async () => {
  const cluster = await TestCluster.start(3)
  const { topicId } = await createTopic(cluster, 1, {
    name: TOPIC,
    partitions: PARTITIONS,
    replicationFactor: 3,
  })
  const led = await leaders(cluster, 1, TOPIC)
  const leaderId = led.find((id, index) => led.indexOf(id) !== index) as number
  const [first, second] = [led.indexOf(leaderId), led.lastIndexOf(leaderId)] as [number, number]
  for (const partition of [first, first, second]) {
    const records = batchOf([VALUE], cluster.clock.now())
    const { errorCode } = await produce(cluster, leaderId, { topic: TOPIC, partition, acks: -1, records })
    expect(errorCode).toBe(ErrorCode.NONE)
  }
  const partitionOf = (index: number) =>
    [...cluster.broker(leaderId).partitions].find(
      (each) => each.topic === TOPIC && each.index === index,
    ) as Partition
  const [ended, other] = [partitionOf(first), partitionOf(second)]
  // Nobody else fetches: what is told is told by this one.
  const { brokerIds } = cluster
  const followers = brokerIds.filter((id) => id !== leaderId)
  for (const id of followers) cluster.crash(id)
  await cluster.advance(200)
  const { read } = PartitionLog.prototype
  const reading = vi.spyOn(PartitionLog.prototype, 'read').mockImplementation(function (
    this: PartitionLog,
    ...given
  ) {
    if (this === other.log) ended.assign(nextEpochOf(ended, brokerIds))
    return read.apply(this, given)
  })
  const told = vi.spyOn(Partition.prototype, 'fetchedBy')
  const wanted = [first, second].map((partition) => ({
    partition,
    currentLeaderEpoch: partitionOf(partition).leaderEpoch,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    logStartOffset: 0,
    partitionMaxBytes: 50 << 20,
  }))
  const body = {
    replicaState: { replicaId: followers[0], replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50 << 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topicId, partitions: wanted }],
    forgottenTopicsData: [],
    rackId: '',
  }
  cluster.network.conditions.windowBytes = 64 << 20
  await cluster.request(leaderId, FetchApi, 16, body)
  expect(told.mock.contexts).toEqual([other])
  expect(reading).toHaveBeenCalledTimes(2)
  vi.restoreAllMocks()
})

function nextEpochOf(partition: Partition, replicas: readonly number[]): PartitionImage {
  const { leader, index } = partition
  if (leader === undefined) throw new Error(`${partition.name} is led elsewhere`)
  const { brokerId, leaderEpoch, partitionEpoch, isr } = leader
  return {
    partitionId: index,
    replicas: [...replicas],
    removingReplicas: [],
    addingReplicas: [],
    isr: [...isr],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
    leaderRecoveryState: 0,
    uncleanLeaderEpoch: -1,
    leader: brokerId,
    leaderEpoch: leaderEpoch + 1,
    partitionEpoch: partitionEpoch + 1,
  }
}
