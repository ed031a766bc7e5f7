/** The APIs by which tools ask the controller to move leaders and replicas, through any broker. */
import { beforeAll, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { createTopic, leaders } from '../server/test-requests.ts'
import { ErrorCode } from '../wire/index.ts'
import { ElectLeadersApi } from './43-elect-leaders.ts'
import { AlterPartitionReassignmentsApi } from './45-alter-partition-reassignments.ts'
import { ListPartitionReassignmentsApi } from './46-list-partition-reassignments.ts'
import { DescribeQuorumApi } from './55-describe-quorum.ts'
import { AlterPartitionApi } from './56-alter-partition.ts'
import { UnregisterBrokerApi } from './64-unregister-broker.ts'

const TOPIC = 'orders'
let cluster: TestCluster
let controllerId: number
let otherId: number

beforeAll(async () => {
  cluster = await TestCluster.start(3)
  await createTopic(cluster, 1, { name: TOPIC, partitions: 3 })
  controllerId = cluster.brokerIds.find((id) => cluster.broker(id).isController) as number
  otherId = cluster.brokerIds.find((id) => id !== controllerId) as number
})

test('the metadata log is led by the controller, and the other brokers observe it', async () => {
  for (const version of [0, 1, 2]) {
    const { errorCode, topics, nodes } = await cluster.request(otherId, DescribeQuorumApi, version, {
      topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
    })
    expect(errorCode).toBe(ErrorCode.NONE)
    const [log] = topics[0]?.partitions ?? []
    expect(log).toMatchObject({ errorCode: ErrorCode.NONE, leaderId: controllerId })
    expect(log?.highWatermark).toBeGreaterThan(4)
    expect(log?.leaderEpoch).toBeGreaterThan(0)
    for (const { logEndOffset } of log?.observers ?? []) expect(logEndOffset).toBe(log?.highWatermark)
    if (version > 0) {
      for (const { lastFetchTimestamp, lastCaughtUpTimestamp } of log?.observers ?? []) {
        expect(cluster.clock.now() - Number(lastFetchTimestamp)).toBeLessThan(3000)
        expect(lastCaughtUpTimestamp).toBeGreaterThan(0)
      }
    }
    expect(log?.currentVoters).toMatchObject([{ replicaId: controllerId, logEndOffset: log?.highWatermark }])
    expect(log?.observers.map(({ replicaId }) => replicaId).sort()).toEqual(
      cluster.brokerIds.filter((id) => id !== controllerId),
    )
    if (version === 2)
      expect(nodes).toMatchObject([{ nodeId: controllerId, listeners: [{ name: 'PLAINTEXT' }] }])
  }
})

test('no other partition has a quorum', async () => {
  const { topics } = await cluster.request(otherId, DescribeQuorumApi, 2, {
    topics: [{ topicName: TOPIC, partitions: [{ partitionIndex: 0 }] }],
  })
  expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('leaders are elected, and an unknown kind of election is refused for each', async () => {
  const elect = (version: number, electionType: number) =>
    cluster.request(otherId, ElectLeadersApi, version, {
      ...(version > 0 && { electionType }),
      topicPartitions: [{ topic: TOPIC, partitions: [0] }],
    })
  for (const version of [0, 1, 2]) {
    const { replicaElectionResults } = await elect(version, 0)
    expect(replicaElectionResults[0]?.partitionResult).toMatchObject([
      { partitionId: 0, errorCode: ErrorCode.ELECTION_NOT_NEEDED },
    ])
  }
  expect(await elect(2, 9)).toMatchObject({
    errorCode: ErrorCode.INVALID_REQUEST,
    replicaElectionResults: [{ topic: TOPIC, partitionResult: [{ errorCode: ErrorCode.INVALID_REQUEST }] }],
  })
})

test('a reassignment is refused, begun, listed and cancelled', async () => {
  const leaderIds = await leaders(cluster, otherId, TOPIC)
  const absentId = cluster.brokerIds.find((id) => id !== controllerId && id !== otherId) as number
  const partitionIndex = leaderIds.findIndex((leaderId) => leaderId !== absentId)
  const alter = async (replicas: number[] | null) => {
    const { responses } = await cluster.request(otherId, AlterPartitionReassignmentsApi, 1, {
      topics: [{ name: TOPIC, partitions: [{ partitionIndex, replicas }] }],
    })
    return responses[0]?.partitions[0]
  }
  const list = async () => (await cluster.request(otherId, ListPartitionReassignmentsApi, 0, {})).topics
  expect(await alter(null)).toMatchObject({ errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS })
  expect(await alter([])).toMatchObject({ errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT })
  // Who is to get the replica is away, so it goes on.
  await cluster.stop(absentId)
  expect(await alter([absentId])).toMatchObject({ errorCode: ErrorCode.NONE })
  const removingReplicas = [leaderIds[partitionIndex]]
  const replicas = [absentId, ...removingReplicas]
  expect(await list()).toEqual([
    { name: TOPIC, partitions: [{ partitionIndex, replicas, addingReplicas: [absentId], removingReplicas }] },
  ])
  expect(await alter(null)).toMatchObject({ errorCode: ErrorCode.NONE })
  expect(await list()).toEqual([])
})

test('a stale leader is refused as a whole', async () => {
  const request = { brokerId: 1, brokerEpoch: 999_999, topics: [] }
  for (const version of [2, 3]) {
    expect(await cluster.request(controllerId, AlterPartitionApi, version, request)).toMatchObject({
      errorCode: ErrorCode.STALE_BROKER_EPOCH,
    })
  }
})

test('a broker that is not there cannot be unregistered', async () => {
  expect(await cluster.request(otherId, UnregisterBrokerApi, 0, { brokerId: 77 })).toMatchObject({
    errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
    errorMessage: 'Broker ID 77 is not currently registered',
  })
})
