/** Single requests of share groups, in virtual time. */
import { beforeEach, expect, test } from 'vitest'
import { FindCoordinatorApi } from '../../apis/10-find-coordinator.ts'
import { ShareFetchApi } from '../../apis/78-share-fetch.ts'
import { ErrorCode } from '../../wire/index.ts'
import { TestCluster } from '../test-cluster.ts'
import { createTopic } from '../test-requests.ts'

const GROUP = 'workers'
let cluster: TestCluster
let topicId: string

beforeEach(async () => {
  cluster = await TestCluster.start(1, { 'share.coordinator.state.topic.num.partitions': '2' })
  topicId = (await createTopic(cluster, 1, { name: 'orders' })).topicId
})

test('share partitions have a coordinator for those who know of share groups, from version 6 on', async () => {
  const key = `${GROUP}:${topicId}:0`
  const find = async (version: number) => {
    const body = version < 4 ? { key, keyType: 2 } : { keyType: 2, coordinatorKeys: [key] }
    const response = await cluster.request(1, FindCoordinatorApi, version, body)
    return version < 4 ? response.errorCode : response.coordinators[0]?.errorCode
  }
  for (const version of [1, 3, 4, 5]) expect(await find(version)).toBe(ErrorCode.INVALID_REQUEST)
  expect(await find(6)).toBe(ErrorCode.NONE)
})

test('an error is told at once, although no record is wanted', async () => {
  const nobody = 'AAAAAAAAAAAAAAAAAAAABQ'
  const askedMs = cluster.clock.now()
  const answer = await cluster.request(1, ShareFetchApi, 2, {
    ...{ groupId: GROUP, memberId: nobody, shareSessionEpoch: 0, forgottenTopicsData: [] },
    ...{ maxWaitMs: 5000, minBytes: 1, maxRecords: 0, batchSize: 0 },
    topics: [{ topicId: nobody, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
  })
  expect(answer.responses[0]?.partitions).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }])
  expect(cluster.clock.now() - askedMs).toBeLessThan(1000)
})

test('a group without a name has sessions, but no records', async () => {
  const answer = await cluster.request(1, ShareFetchApi, 2, {
    ...{ groupId: '', memberId: 'someone', shareSessionEpoch: 0, forgottenTopicsData: [] },
    ...{ maxWaitMs: 5000, minBytes: 1, maxRecords: 10, batchSize: 10 },
    topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
  })
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  expect(answer.responses[0]?.partitions).toMatchObject([{ errorCode: ErrorCode.INVALID_GROUP_ID }])
})
