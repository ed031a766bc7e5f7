/** Every version of every API, with a sound request: the answer decodes in that version, and is no error. */
import { beforeAll, expect, test } from 'vitest'
import { TestCluster } from '../server/test-cluster.ts'
import { batchOf, createTopic, produceValues } from '../server/test-requests.ts'
import { type Api, type Fields, ZERO_UUID } from '../wire/index.ts'
import { FindCoordinatorApi } from './10-find-coordinator.ts'
import { apiSchemas } from './schemas.ts'
import { errorCodesIn, expectedErrors } from './testing-expected-errors.ts'

const TOPIC = 'orders'
const GROUP = 'readers'
const noMetrics = { compressionType: 0, metrics: Buffer.alloc(0) }
let cluster: TestCluster
let topicId: string

beforeAll(async () => {
  cluster = await TestCluster.start(1, { 'auto.create.topics.enable': 'false' })
  topicId = (await createTopic(cluster, 1, { name: TOPIC, partitions: 2 })).topicId
  await produceValues(cluster, 1, TOPIC, ['a', 'b', 'c'])
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [GROUP] })
  await cluster.request(1, FindCoordinatorApi, 4, { keyType: 1, coordinatorKeys: [GROUP] })
  await cluster.request(1, FindCoordinatorApi, 6, { keyType: 2, coordinatorKeys: [`sharers:${topicId}:0`] })
  await cluster.advance(500)
})

type Body = Record<string, unknown>

const versionsOf = apiSchemas.flatMap((api) => {
  const [first, last] = api.versions
  const versions = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return versions.map((version) => ({ api, name: api.name, version }))
})

test.each(versionsOf)('$name version $version', async ({ api, name, version }) => {
  const bodyOf = bodies[name]
  if (bodyOf === undefined) throw new Error(`there is no request for ${name}`)
  const body = withoutForeignFields(api.request.fields, version, bodyOf(version))
  const response = await cluster.request(1, api as Api, version, body)
  const allowed = expectedErrors.get(name) ?? []
  expect(errorCodesIn(response).filter((code) => !allowed.includes(code as never))).toEqual([])
  expect(cluster.errors).toEqual([])
})

function stateOf(partition: Body): Body {
  return { groupId: 'sharers', topics: [{ topicId, partitions: [{ partition: 0, ...partition }] }] }
}

const salt = Buffer.alloc(32)
const alice = { name: 'alice', mechanism: 1, iterations: 4096, salt, saltedPassword: salt }
const acl = { operation: 3, permissionType: 3 }
const anyAcl = {
  ...acl,
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  principalFilter: null,
  hostFilter: null,
}

const bodies: Readonly<Record<string, (version: number) => Body>> = {
  Produce: () => ({
    transactionalId: null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: TOPIC,
        topicId,
        partitionData: [{ index: 1, records: batchOf(['x'], cluster.clock.now()) }],
      },
    ],
  }),
  Fetch: () => ({
    maxWaitMs: 10,
    minBytes: 1,
    maxBytes: 1000,
    topics: [
      { topic: TOPIC, topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
    forgottenTopicsData: [],
  }),
  ListOffsets: () => ({
    replicaId: -1,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  }),
  Metadata: () => ({ topics: [{ name: TOPIC }] }),
  OffsetCommit: () => ({
    groupId: GROUP,
    topics: [
      {
        name: TOPIC,
        topicId,
        partitions: [{ partitionIndex: 0, committedOffset: 2, committedMetadata: null }],
      },
    ],
  }),
  OffsetFetch: () => ({
    groupId: GROUP,
    topics: [{ name: TOPIC, partitionIndexes: [0, 1] }],
    groups: [{ groupId: GROUP, topics: [{ name: TOPIC, topicId, partitionIndexes: [0, 1] }] }],
  }),
  FindCoordinator: () => ({ key: GROUP, coordinatorKeys: [GROUP] }),
  JoinGroup: (version) => ({
    groupId: `joined-${version}`,
    sessionTimeoutMs: 6000,
    rebalanceTimeoutMs: 6000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  }),
  Heartbeat: () => ({ groupId: GROUP, generationId: 1, memberId: 'nobody' }),
  LeaveGroup: () => ({
    groupId: GROUP,
    memberId: 'nobody',
    members: [{ memberId: 'nobody', groupInstanceId: null }],
  }),
  SyncGroup: () => ({ groupId: GROUP, generationId: 1, memberId: 'nobody', assignments: [] }),
  DescribeGroups: () => ({ groups: [GROUP, 'unknown'] }),
  ListGroups: () => ({ statesFilter: [], typesFilter: [] }),
  ApiVersions: () => ({ clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }),
  CreateTopics: (version) => ({
    topics: [
      { name: `new-${version}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
  }),
  DeleteTopics: () => ({
    topics: [{ name: 'unknown', topicId: ZERO_UUID }],
    topicNames: ['unknown'],
    timeoutMs: 1000,
  }),
  DeleteRecords: () => ({
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 1000,
  }),
  InitProducerId: () => ({ transactionalId: null, transactionTimeoutMs: 1000 }),
  OffsetForLeaderEpoch: () => ({
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  GetTelemetrySubscriptions: () => ({ clientInstanceId: ZERO_UUID }),
  PushTelemetry: () => ({ clientInstanceId: topicId, subscriptionId: 1, terminating: true, ...noMetrics }),
  ListConfigResources: () => ({ resourceTypes: [] }),
  DescribeAcls: () => anyAcl,
  CreateAcls: () => ({
    creations: [{ ...acl, resourceType: 2, resourceName: TOPIC, principal: 'User:alice', host: '*' }],
  }),
  DeleteAcls: () => ({ filters: [anyAcl] }),
  DescribeConfigs: () => ({
    resources: [
      { resourceType: 2, resourceName: TOPIC, configurationKeys: null },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
      { resourceType: 4, resourceName: '', configurationKeys: null },
      { resourceType: 16, resourceName: 'm', configurationKeys: null },
      { resourceType: 32, resourceName: 'g', configurationKeys: null },
    ],
    includeSynonyms: true,
    includeDocumentation: true,
  }),
  AlterConfigs: () => ({
    resources: [
      { resourceType: 2, resourceName: TOPIC, configs: [{ name: 'retention.ms', value: '1000000' }] },
    ],
    validateOnly: false,
  }),
  DescribeLogDirs: () => ({ topics: null }),
  CreatePartitions: () => ({
    topics: [{ name: TOPIC, count: 2, assignments: null }],
    timeoutMs: 1000,
    validateOnly: false,
  }),
  ShareGroupHeartbeat: () => ({ groupId: 'sharers', memberId: 'm', subscribedTopicNames: [TOPIC] }),
  ShareGroupDescribe: () => ({ groupIds: ['sharers'], includeAuthorizedOperations: true }),
  ShareFetch: (version) => ({
    groupId: 'sharers',
    memberId: `m-${version}`,
    shareSessionEpoch: 0,
    maxWaitMs: 0,
    minBytes: 1,
    maxRecords: 10,
    batchSize: 10,
    topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
    forgottenTopicsData: [],
  }),
  ShareAcknowledge: () => ({ groupId: 'sharers', memberId: 'nobody', shareSessionEpoch: 1, topics: [] }),
  InitializeShareGroupState: () => stateOf({ stateEpoch: 0, startOffset: 0 }),
  ReadShareGroupState: () => stateOf({ leaderEpoch: 0 }),
  WriteShareGroupState: () => stateOf({ stateEpoch: 0, leaderEpoch: 0, startOffset: 1, stateBatches: [] }),
  DeleteShareGroupState: () => stateOf({}),
  ReadShareGroupStateSummary: () => stateOf({ leaderEpoch: 0 }),
  DescribeShareGroupOffsets: () => ({ groups: [{ groupId: 'sharers', topics: null }] }),
  AlterShareGroupOffsets: () => ({
    groupId: 'nobody',
    topics: [{ topicName: TOPIC, partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
  }),
  DeleteShareGroupOffsets: () => ({ groupId: 'nobody', topics: [{ topicName: TOPIC }] }),
  DescribeClientQuotas: () => ({
    components: [{ entityType: 'user', matchType: 2, match: null }],
    strict: false,
  }),
  AlterClientQuotas: () => ({
    entries: [
      {
        entity: [{ entityType: 'client-id', entityName: 'somebody' }],
        ops: [{ key: 'producer_byte_rate', value: 1e6, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  DescribeUserScramCredentials: () => ({ users: null }),
  AlterUserScramCredentials: () => ({ deletions: [], upsertions: [alice] }),
  DeleteGroups: () => ({ groupsNames: ['unknown'] }),
  OffsetDelete: () => ({
    groupId: GROUP,
    topics: [{ name: 'unknown', partitions: [{ partitionIndex: 0 }] }],
  }),
  ConsumerGroupHeartbeat: (version) => ({
    groupId: `consumers-${version}`,
    memberId: 'member',
    memberEpoch: 0,
    rebalanceTimeoutMs: 6000,
    subscribedTopicNames: [TOPIC],
    topicPartitions: [],
  }),
  ConsumerGroupDescribe: () => ({ groupIds: [GROUP, 'unknown'], includeAuthorizedOperations: true }),
  StreamsGroupHeartbeat: () => ({
    groupId: 'streams',
    memberId: 'member',
    memberEpoch: 0,
    endpointInformationEpoch: 0,
    rebalanceTimeoutMs: 6000,
    topology: { epoch: 0, subtopologies: [] },
    activeTasks: [],
    standbyTasks: [],
    warmupTasks: [],
    processId: 'process',
  }),
  StreamsGroupDescribe: () => ({ groupIds: [GROUP], includeAuthorizedOperations: true }),
  ElectLeaders: () => ({ topicPartitions: null }),
  AlterPartitionReassignments: () => ({
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  }),
  ListPartitionReassignments: () => ({ topics: null }),
  DescribeQuorum: () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  AlterPartition: () => ({ brokerId: 1, brokerEpoch: 999_999, topics: [] }),
  UnregisterBroker: () => ({ brokerId: 77 }),
  IncrementalAlterConfigs: () => ({
    resources: [
      {
        resourceType: 2,
        resourceName: TOPIC,
        configs: [{ name: 'retention.ms', configOperation: 1, value: null }],
      },
    ],
    validateOnly: false,
  }),
  Envelope: () => ({
    requestData: createTopicsFrame(),
    requestPrincipal: null,
    clientHostAddress: Buffer.from('client'),
  }),
  DescribeCluster: () => ({ includeClusterAuthorizedOperations: true }),
  BrokerRegistration: () => ({
    brokerId: 9,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAg',
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAAw',
    listeners: [{ name: 'PLAINTEXT', host: 'nowhere', port: 1, securityProtocol: 0 }],
    features: [],
    rack: null,
  }),
  BrokerHeartbeat: () => ({
    brokerId: 1,
    brokerEpoch: 999_999,
    currentMetadataOffset: 0,
    wantFence: false,
    wantShutDown: false,
  }),
  AddPartitionsToTxn: () => ({
    transactions: [
      {
        transactionalId: 'unknown',
        producerId: 1,
        producerEpoch: 0,
        topics: [{ name: TOPIC, partitions: [0] }],
      },
    ],
    v3AndBelowTransactionalId: 'unknown',
    v3AndBelowProducerId: 1,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
  }),
  AddOffsetsToTxn: () => ({ transactionalId: 'unknown', producerId: 1, producerEpoch: 0, groupId: GROUP }),
  EndTxn: () => ({ transactionalId: 'unknown', producerId: 1, producerEpoch: 0, committed: true }),
  WriteTxnMarkers: () => ({
    markers: [
      {
        producerId: 5,
        producerEpoch: 0,
        transactionResult: false,
        topics: [{ name: TOPIC, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  }),
  TxnOffsetCommit: () => ({
    transactionalId: 'unknown',
    groupId: GROUP,
    producerId: 1,
    producerEpoch: 0,
    topics: [
      { name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] },
    ],
  }),
  UpdateFeatures: () => ({ featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 2 }] }),
  DescribeProducers: () => ({ topics: [{ name: TOPIC, partitionIndexes: [0] }] }),
  DescribeTransactions: () => ({ transactionalIds: ['unknown'] }),
  ListTransactions: () => ({ stateFilters: [], producerIdFilters: [], transactionalIdPattern: 'a.*' }),
  AllocateProducerIds: () => ({ brokerId: 1, brokerEpoch: 999_999 }),
  AssignReplicasToDirs: () => ({ brokerId: 1, brokerEpoch: 999_999, directories: [] }),
  DescribeTopicPartitions: () => ({ topics: [{ name: TOPIC }] }),
}

/** An empty CreateTopics request of version 7, with its header. */
function createTopicsFrame(): Buffer {
  return Buffer.from('0013 0007 00000001 0001 63 00 01 00000000 00 00'.replaceAll(' ', ''), 'hex')
}

/** The encoder refuses what a version has no place for. */
function withoutForeignFields(fields: Fields, version: number, body: Body): Body {
  const kept = Object.entries(body).filter(([name]) => {
    const field = fields[name]
    if (field === undefined) return false
    const { since = 0, until = Infinity } = field.options
    return version >= since && version <= until
  })
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const inner = fields[name]?.item?.fields ?? fields[name]?.fields
      if (inner === undefined || value === null) return [name, value]
      if (Array.isArray(value))
        return [name, value.map((each) => withoutForeignFields(inner, version, each as Body))]
      return [name, withoutForeignFields(inner, version, value as Body)]
    }),
  )
}
