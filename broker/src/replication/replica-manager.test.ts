import { expect, test } from 'vitest'
import { ClusterImage, ConfigResourceType, type MetadataRecord } from '../cluster/index.ts'
import { memoryCodecs } from '../runtime/codecs/memory-codecs.ts'
import { MemoryClock } from '../runtime/memory-clock.ts'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import type { Network } from '../runtime/types.ts'
import { defaultLogConfig, LogManager } from '../storage/index.ts'
import { batch, TOPIC_ID } from '../storage/testing/harness.ts'
import { Loggers } from '../telemetry/logger.ts'
import { GroupCommit } from './partition/group-commit.ts'
import { ReplicaManager } from './replica-manager.ts'
import { QUIET_IMAGE } from './testing/harness.ts'

const INCARNATION_ID = Buffer.alloc(16, 1).toString('base64url')
const LAG_MS_MAX = 30_000
const UNCHANGED = {
  leader: null,
  replicas: null,
  removingReplicas: null,
  addingReplicas: null,
  leaderRecoveryState: null,
  lastKnownElr: null,
  offlineReplicas: null,
}
const RECORDS: readonly MetadataRecord[] = [
  {
    type: 'RegisterBroker',
    brokerId: 1,
    brokerEpoch: 0,
    incarnationId: INCARNATION_ID,
    rack: null,
    endpoints: [],
    fenced: false,
    inControlledShutdown: false,
    previousBrokerEpoch: -1,
  },
  { type: 'Topic', name: 'orders', topicId: TOPIC_ID },
  {
    ...QUIET_IMAGE,
    type: 'Partition',
    topicId: TOPIC_ID,
    replicas: [1, 2],
    isr: [1, 2],
    leader: 1,
  },
]
const NO_NETWORK: Network = {
  listen: () => Promise.reject(new Error('nobody listens')),
  connect: () => {
    throw new Error('nobody connects')
  },
}

test('a smaller ISR is never measured by the min.insync.replicas of before, though one entry brings both', async () => {
  const clock = new MemoryClock()
  const disk = new MemoryDisk()
  const image = new ClusterImage()
  image.loadSnapshot(RECORDS, 0)
  const replicas = await start(image, clock, disk)
  const partition = replicas.find('orders', 0)
  if (partition === undefined) throw new Error('no partition')
  const records = batch()
  partition.stage(records, { origin: 'client', nowMs: clock.now() })
  partition.commit(records.length, () => {})
  await clock.advance(0)
  expect(partition.highWatermark).toBe(0)
  const config = {
    resourceType: ConfigResourceType.TOPIC,
    resourceName: 'orders',
    name: 'min.insync.replicas',
  }
  const shrunk = { topicId: TOPIC_ID, partitionId: 0, isr: [1], eligibleLeaderReplicas: [2] }
  const change = image.apply(1, [
    { type: 'Config', ...config, value: '2' },
    { type: 'PartitionChange', ...UNCHANGED, ...shrunk },
  ])
  replicas.apply(change)
  expect(partition.leader?.isr).toEqual([1])
  expect(partition.highWatermark).toBe(0)
  replicas.stop()
})

async function start(image: ClusterImage, clock: MemoryClock, disk: MemoryDisk): Promise<ReplicaManager> {
  const random = seededRandom(1)
  const logs = await LogManager.open({
    disk,
    clock,
    timers: clock,
    random,
    codecs: memoryCodecs,
    directory: '/data',
    clusterId: 'cluster',
    nodeId: 1,
    processId: 1,
    bootId: 'boot',
    onOffline: (_, error) => {
      throw error
    },
    onUncleanable: (_, error) => {
      throw error
    },
    onCheckpointError: (error) => {
      throw error
    },
  })
  const replicas = new ReplicaManager({
    brokerId: 1,
    brokerEpoch: () => 0,
    incarnationId: INCARNATION_ID,
    logs,
    commits: new GroupCommit(clock),
    cluster: image,
    runtime: { clock, timers: clock, random, disk, network: NO_NETWORK, codecs: memoryCodecs },
    logger: new Loggers(() => {}).get('kafka.server.ReplicaManager'),
    topicSettings: (topic) => ({
      log: defaultLogConfig,
      minInSyncReplicas: Number(
        image.configs(ConfigResourceType.TOPIC, topic).get('min.insync.replicas') ?? 1,
      ),
      leaderThrottledReplicas: [],
      followerThrottledReplicas: [],
    }),
    lagMsMax: LAG_MS_MAX,
    quotaWindows: { count: 11, sizeMs: 1000 },
    throttledRates: () => ({ leader: Infinity, follower: Infinity }),
    fetcherSettings: {
      waitMsMax: 500,
      minBytes: 1,
      partitionBytesMax: 1 << 20,
      responseBytesMax: 1 << 20,
      backoffMsMax: 1000,
    },
    connectToLeader: () => undefined,
    alterPartition: () => Promise.reject(new Error('nobody is asked')),
    assignDirectories: () => Promise.reject(new Error('nobody is asked')),
    onFollowed: () => {},
    onIsrChanged: () => {},
    onStaleMetadata: () => {},
    onRole: () => {},
    onRemoved: () => {},
  })
  replicas.start()
  return replicas
}
