/** A protocol whose feature is at level 0 is refused by every API that belongs to it, and nothing else is. */
import { beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { ErrorCode } from '../wire/index.ts'
import { UpdateFeaturesApi } from './57-update-features.ts'
import { ConsumerGroupHeartbeatApi } from './68-consumer-group-heartbeat.ts'
import { ConsumerGroupDescribeApi } from './69-consumer-group-describe.ts'
import { ShareGroupHeartbeatApi } from './76-share-group-heartbeat.ts'
import { ShareGroupDescribeApi } from './77-share-group-describe.ts'
import { ShareFetchApi } from './78-share-fetch.ts'
import { ShareAcknowledgeApi } from './79-share-acknowledge.ts'
import { StreamsGroupHeartbeatApi } from './88-streams-group-heartbeat.ts'
import { StreamsGroupDescribeApi } from './89-streams-group-describe.ts'
import { DescribeShareGroupOffsetsApi } from './90-describe-share-group-offsets.ts'
import { AlterShareGroupOffsetsApi } from './91-alter-share-group-offsets.ts'
import { DeleteShareGroupOffsetsApi } from './92-delete-share-group-offsets.ts'

const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const MEMBER = { groupId: 'group', memberId: 'AAAAAAAAAAAAAAAAAAAAAQ', memberEpoch: 0 }
const SESSION = { groupId: 'group', memberId: MEMBER.memberId, topics: [] }
const DESCRIBED = { groupIds: ['group'], includeAuthorizedOperations: false }

let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.start(1)
})

async function setLevel(feature: string, maxVersionLevel: number, upgradeType: number): Promise<void> {
  const update = { feature, maxVersionLevel, upgradeType }
  const { errorCode } = await cluster.request(1, UpdateFeaturesApi, 1, { featureUpdates: [update] })
  expect(errorCode).toBe(ErrorCode.NONE)
}

/** The error codes of all APIs by feature. */
async function codes() {
  const share = { ...MEMBER, subscribedTopicNames: ['topic'] }
  const limits = { maxWaitMs: 0, minBytes: 1, maxRecords: 1, batchSize: 1 }
  const fetch = { ...SESSION, ...limits, shareSessionEpoch: 0, forgottenTopicsData: [] }
  const offsets = { groups: [{ groupId: 'group', topics: null }] }
  const streams = { ...MEMBER, endpointInformationEpoch: -1 }
  const target = { groupId: 'group', topics: [] }
  return {
    'group.version': [
      (await cluster.request(1, ConsumerGroupHeartbeatApi, 1, MEMBER)).errorCode,
      (await cluster.request(1, ConsumerGroupDescribeApi, 1, DESCRIBED)).groups[0]?.errorCode,
    ],
    'share.version': [
      (await cluster.request(1, ShareGroupHeartbeatApi, 1, share)).errorCode,
      (await cluster.request(1, ShareGroupDescribeApi, 1, DESCRIBED)).groups[0]?.errorCode,
      (await cluster.request(1, ShareFetchApi, 2, fetch)).errorCode,
      (await cluster.request(1, ShareAcknowledgeApi, 2, { ...SESSION, shareSessionEpoch: 1 })).errorCode,
      (await cluster.request(1, DescribeShareGroupOffsetsApi, 1, offsets)).groups[0]?.errorCode,
      (await cluster.request(1, AlterShareGroupOffsetsApi, 0, target)).errorCode,
      (await cluster.request(1, DeleteShareGroupOffsetsApi, 0, target)).errorCode,
    ],
    'streams.version': [
      (await cluster.request(1, StreamsGroupHeartbeatApi, 0, streams)).errorCode,
      (await cluster.request(1, StreamsGroupDescribeApi, 0, DESCRIBED)).groups[0]?.errorCode,
    ],
  }
}

test.each(['group.version', 'share.version', 'streams.version'] as const)(
  '%s at level 0',
  async (feature) => {
    const isRefused = (code: number | undefined) => code === ErrorCode.UNSUPPORTED_VERSION
    await setLevel(feature, 0, SAFE_DOWNGRADE)
    for (const [name, all] of Object.entries(await codes()))
      expect(all.map(isRefused), name).toEqual(all.map(() => name === feature))
    await setLevel(feature, 1, UPGRADE)
    for (const [name, all] of Object.entries(await codes())) expect(all.some(isRefused), name).toBe(false)
  },
)
