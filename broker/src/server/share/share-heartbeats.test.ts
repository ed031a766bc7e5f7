/** What members of share groups are told of their partitions, by a whole broker in virtual time. */
import { expect, test } from 'vitest'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { CreatePartitionsApi } from '../../apis/37-create-partitions.ts'
import { ShareGroupHeartbeatApi } from '../../apis/76-share-group-heartbeat.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const TOPIC = 'orders'
const GROUP = 'workers'
/** Longer than the assignment interval. */
const LATER_MS = 2000

async function startCluster() {
  const cluster = await TestCluster.start(1, { 'share.coordinator.state.topic.num.partitions': '2' })
  const { topicId } = await createTopic(cluster, 1, { name: TOPIC })
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [GROUP] })
  await cluster.advance(500)
  return { cluster, topicId }
}

async function extend(cluster: TestCluster, count: number): Promise<void> {
  const topics = [{ name: TOPIC, count, assignments: null }]
  await cluster.request(1, CreatePartitionsApi, 3, { topics, timeoutMs: 5000, validateOnly: false })
  await cluster.advance(LATER_MS)
}

/** Heartbeats of a member, one with each call; what they tell of its partitions. */
function member(cluster: TestCluster, memberId: string) {
  let memberEpoch = 0
  return async () => {
    const subscribedTopicNames = memberEpoch === 0 ? [TOPIC] : null
    const body = { groupId: GROUP, memberId, memberEpoch, subscribedTopicNames }
    const answer = await cluster.request(1, ShareGroupHeartbeatApi, 1, body)
    memberEpoch = answer.memberEpoch
    return answer.assignment?.topicPartitions
  }
}

test('a member hears of its new partition although another one gets its state with the same heartbeat', async () => {
  const { cluster, topicId } = await startCluster()
  const [a, b] = [member(cluster, 'a'), member(cluster, 'b')]
  for (const heartbeat of [a, b]) {
    expect(await heartbeat()).toEqual([{ topicId, partitions: [0] }])
    await cluster.advance(LATER_MS)
  }
  await extend(cluster, 2)
  // With this heartbeat partition 1 gets its state and is assigned to b, which does not know it yet.
  expect(await a()).toBeUndefined()
  await extend(cluster, 3)
  expect(await b()).toEqual([{ topicId, partitions: [1] }])
  expect(await b()).toBeUndefined()
  expect(await a()).toEqual([{ topicId, partitions: [0, 2] }])
  await cluster.stopAll()
})
