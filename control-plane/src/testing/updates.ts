import { brokerExchange } from '../hosts/cluster-operations.ts'
import { type Cluster, type ProvisionedCluster, updating, withJoiningBrokers } from '../model/cluster.ts'
import { newUuid } from '../model/identifiers.ts'
import type { ClusterUpdate, UpdateType } from '../model/operation.ts'
import { ACCOUNT, creatingCluster, NOW } from './fixtures.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export async function activeCluster(world: SimulatedWorld, brokers: number): Promise<Cluster> {
  const cluster = await creatingCluster('orders', 'PROVISIONED', world.fleet, brokers)
  await world.clusters.create(cluster)
  await world.run(cluster, world.boot())
  world.kafka.addTopic({ topicName: 'orders', partitionCount: 7, replicationFactor: 3, configs: {} }, 10 ** 8)
  return (await world.clusters.find(cluster))!
}

export async function begin(world: SimulatedWorld, cluster: Cluster, type: UpdateType): Promise<void> {
  await world.clusters.update(cluster, (newest) => beginUpdate(type, newest))
}

/** One request of every kind of update, as the API would record it. */
export function beginUpdate(type: UpdateType, cluster: Cluster): Cluster {
  if (cluster.clusterType !== 'PROVISIONED') throw new Error('only provisioned clusters are updated')
  const { update, prepare = (same: ProvisionedCluster) => same } = UPDATES[type](cluster)
  return updating(ACCOUNT, prepare(cluster, NOW), { type, update, operationUuid: newUuid() }, NOW)
}

export const UPDATE_TYPES = [
  'INCREASE_BROKER_COUNT',
  'DECREASE_BROKER_COUNT',
  'UPDATE_BROKER_TYPE',
  'UPDATE_BROKER_STORAGE',
  'UPDATE_STORAGE',
  'UPDATE_CLUSTER_CONFIGURATION',
  'UPDATE_CLUSTER_KAFKA_VERSION',
  'UPDATE_MONITORING',
  'UPDATE_SECURITY',
  'UPDATE_CONNECTIVITY',
  'UPDATE_REBALANCING',
  'REBOOT_NODE',
  'REPLACE_HOST',
  'MOVE_BROKERS',
] as const satisfies readonly UpdateType[]

interface Plan {
  readonly update: ClusterUpdate
  readonly prepare?: (cluster: ProvisionedCluster, nowMs: number) => ProvisionedCluster
}

const UPDATES: Record<UpdateType, (cluster: ProvisionedCluster) => Plan> = {
  INCREASE_BROKER_COUNT: (cluster) => ({
    update: changing(cluster, { numberOfBrokerNodes: 6 }),
    prepare: (same, nowMs) =>
      withJoiningBrokers(
        same,
        ['a', 'b', 'c'].map((letter) => ({ zone: `us-east-1${letter}` })),
        nowMs,
      ),
  }),
  DECREASE_BROKER_COUNT: (cluster) => ({
    update: changing(cluster, { numberOfBrokerNodes: cluster.brokers.length - 3 }),
    prepare: (same) => ({
      ...same,
      brokers: same.brokers.map((broker, index) =>
        index < 3 ? broker : { ...broker, membership: 'LEAVING' },
      ),
    }),
  }),
  UPDATE_BROKER_TYPE: (cluster) => ({
    update: changing(cluster, group(cluster, { instanceType: 'kafka.m7g.xlarge' })),
  }),
  UPDATE_BROKER_STORAGE: (cluster) => ({ update: changing(cluster, volume(cluster, 500)) }),
  UPDATE_STORAGE: (cluster) => ({
    update: changing(cluster, { ...volume(cluster, 600), storageMode: 'TIERED' }),
  }),
  UPDATE_CLUSTER_CONFIGURATION: (cluster) => ({
    update: changing(cluster, {
      configuration: {
        arn: 'arn:configuration',
        revision: 1,
        serverProperties: { 'num.io.threads': '16', 'log.retention.ms': '1000' },
      },
    }),
  }),
  UPDATE_CLUSTER_KAFKA_VERSION: (cluster) => ({
    update: {
      ...changing(cluster, { kafkaVersion: '4.3.x.kraft' }),
      restart: cluster.brokers.map(({ brokerId }) => brokerId),
    },
  }),
  UPDATE_MONITORING: (cluster) => ({ update: changing(cluster, { enhancedMonitoring: 'PER_BROKER' }) }),
  UPDATE_SECURITY: (cluster) => ({
    update: changing(cluster, { clientAuthentication: { sasl: { iam: { enabled: true } } } }),
  }),
  UPDATE_CONNECTIVITY: (cluster) => ({ update: changing(cluster, group(cluster, {})) }),
  UPDATE_REBALANCING: (cluster) => ({ update: changing(cluster, { rebalancing: { status: 'ACTIVE' } }) }),
  REBOOT_NODE: () => ({ update: { source: {}, target: {}, restart: [2] } }),
  REPLACE_HOST: (cluster) => {
    const hostId = cluster.brokers[1]!.hostId!
    return {
      update: {
        source: {},
        target: {},
        host: { hostId, instanceId: `instance of ${hostId}` },
      },
    }
  },
  MOVE_BROKERS: (cluster) => brokerExchange(cluster, cluster.brokers[1]!.hostId!),
}

function changing({ provisioned }: ProvisionedCluster, changes: Partial<ProvisionedCluster['provisioned']>) {
  return { source: {}, target: {}, specification: { ...provisioned, ...changes } }
}

type Group = ProvisionedCluster['provisioned']['brokerNodeGroupInfo']

function group({ provisioned }: ProvisionedCluster, changes: Partial<Group>) {
  return { brokerNodeGroupInfo: { ...provisioned.brokerNodeGroupInfo, ...changes } }
}

function volume(cluster: ProvisionedCluster, volumeSize: number) {
  return group(cluster, { storageInfo: { ebsStorageInfo: { volumeSize } } })
}
