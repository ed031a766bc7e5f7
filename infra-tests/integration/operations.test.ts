/** Every update of a living cluster, while clients produce with acks=all: nothing is lost and nothing stands still. */
import {
  CreateConfigurationCommand,
  DescribeClusterOperationV2Command,
  DescribeClusterV2Command,
  type KafkaClient,
  ListClusterOperationsV2Command,
  ListNodesCommand,
  RebootBrokerCommand,
  UpdateBrokerCountCommand,
  UpdateBrokerStorageCommand,
  UpdateBrokerTypeCommand,
  UpdateClusterConfigurationCommand,
  UpdateClusterKafkaVersionCommand,
  UpdateConnectivityCommand,
  UpdateMonitoringCommand,
  UpdateRebalancingCommand,
  UpdateSecurityCommand,
  UpdateStorageCommand,
} from '@aws-sdk/client-kafka'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askOperator, type OperatedHost } from '../support/operator.ts'
import { parseAddress } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { Service } from '../support/service.ts'
import { waitFor } from '../support/wait.ts'
import { AckedLoad } from './acked-load.ts'

const TOPIC = 'orders'
const PARTITIONS = 12
const HOSTS = '/freshet/v1/hosts'

suite('a cluster under load', ['freshet'], () => {
  let service: Service
  let api: KafkaClient
  let ClusterArn: string
  let load: AckedLoad

  beforeAll(async () => {
    service = await Service.start()
    api = service.api
    ClusterArn = await service.createCluster('busy')
    const bootstrap = await service.awaitActive(ClusterArn, 15_000)
    const admin = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({
      topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3 }],
      waitForLeaders: true,
    })
    await admin.disconnect()
    load = new AckedLoad(bootstrap.split(',').map(parseAddress), TOPIC, PARTITIONS)
  }, 60_000)
  afterAll(async () => {
    await load?.stop()
    await service?.stop()
  })

  test.each<[string, (CurrentVersion: string) => Promise<{ ClusterOperationArn?: string | undefined }>]>([
    [
      'UPDATE_CLUSTER_CONFIGURATION',
      async (CurrentVersion) => {
        const created = await api.send(
          new CreateConfigurationCommand({
            Name: 'tuned',
            ServerProperties: Buffer.from('log.retention.ms=86400000\nnum.partitions=3\n'),
          }),
        )
        const ConfigurationInfo = { Arn: created.Arn!, Revision: 1 }
        return api.send(
          new UpdateClusterConfigurationCommand({ ClusterArn, CurrentVersion, ConfigurationInfo }),
        )
      },
    ],
    ['REBOOT_NODE', () => api.send(new RebootBrokerCommand({ ClusterArn, BrokerIds: ['2'] }))],
    [
      'UPDATE_CLUSTER_KAFKA_VERSION',
      (CurrentVersion) =>
        api.send(
          new UpdateClusterKafkaVersionCommand({ ClusterArn, CurrentVersion, TargetKafkaVersion: '4.3.x' }),
        ),
    ],
    [
      'UPDATE_BROKER_TYPE',
      (CurrentVersion) =>
        api.send(
          new UpdateBrokerTypeCommand({ ClusterArn, CurrentVersion, TargetInstanceType: 'kafka.m7g.xlarge' }),
        ),
    ],
    [
      'INCREASE_BROKER_COUNT',
      (CurrentVersion) =>
        api.send(new UpdateBrokerCountCommand({ ClusterArn, CurrentVersion, TargetNumberOfBrokerNodes: 6 })),
    ],
    [
      'DECREASE_BROKER_COUNT',
      (CurrentVersion) =>
        api.send(new UpdateBrokerCountCommand({ ClusterArn, CurrentVersion, TargetNumberOfBrokerNodes: 3 })),
    ],
    [
      'UPDATE_BROKER_STORAGE',
      (CurrentVersion) =>
        api.send(
          new UpdateBrokerStorageCommand({
            ClusterArn,
            CurrentVersion,
            TargetBrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB: 200 }],
          }),
        ),
    ],
    [
      'UPDATE_STORAGE',
      (CurrentVersion) =>
        api.send(new UpdateStorageCommand({ ClusterArn, CurrentVersion, VolumeSizeGB: 300 })),
    ],
    [
      'UPDATE_MONITORING',
      (CurrentVersion) =>
        api.send(
          new UpdateMonitoringCommand({ ClusterArn, CurrentVersion, EnhancedMonitoring: 'PER_BROKER' }),
        ),
    ],
    [
      'UPDATE_SECURITY',
      (CurrentVersion) =>
        api.send(
          new UpdateSecurityCommand({
            ClusterArn,
            CurrentVersion,
            ClientAuthentication: { Sasl: { Scram: { Enabled: true } }, Unauthenticated: { Enabled: true } },
          }),
        ),
    ],
    [
      'UPDATE_CONNECTIVITY',
      (CurrentVersion) =>
        api.send(
          new UpdateConnectivityCommand({
            ClusterArn,
            CurrentVersion,
            ConnectivityInfo: {
              VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: { Enabled: true } } } },
            },
          }),
        ),
    ],
    [
      'UPDATE_REBALANCING',
      (CurrentVersion) =>
        api.send(
          new UpdateRebalancingCommand({ ClusterArn, CurrentVersion, Rebalancing: { Status: 'PAUSED' } }),
        ),
    ],
  ])('%s', async (type, request) => {
    const before = await describeCluster()
    const acked = load.acked
    const { ClusterOperationArn } = await request(before.CurrentVersion!)
    const operation = await ended(ClusterOperationArn!)
    expect(operation.ErrorInfo).toBeUndefined()
    expect(operation.OperationType).toBe(type)
    expect(operation.OperationState).toMatch(/_COMPLETE$/)
    const after = await describeCluster()
    expect(after.State).toBe('ACTIVE')
    expect(after.CurrentVersion).not.toBe(before.CurrentVersion)
    const nodes = await api.send(new ListNodesCommand({ ClusterArn }))
    expect(nodes.NodeInfoList).toHaveLength(type === 'INCREASE_BROKER_COUNT' ? 6 : 3)
    await waitFor('records to be acknowledged', 10_000, async () => load.acked > acked)
  })

  test.each([
    ['replace', 'REPLACE_HOST', 0],
    ['terminate', 'MOVE_BROKERS', 1],
  ] as const)('a host of it: %s', async (what, type, gone) => {
    await resumeRebalancing()
    const acked = load.acked
    const { hostId, brokers } = (await hosts()).at(-1)!
    const path = `${HOSTS}/${hostId}/${what}`
    const begun = await askOperator<OperatedHost>(service.endpoint, 'POST', path, '{"reason": "a slow disk"}')
    expect(begun).toMatchObject({ state: 'CORDONED', operation: { state: 'IN_PROGRESS' } })
    await waitFor(`the host to be through: ${what}`, 60_000, async () => {
      const left = (await hosts()).find((host) => host.hostId === hostId)
      return left === undefined ? gone === 1 : left.operation?.state === 'COMPLETE'
    })
    await waitFor(
      'the cluster to be ACTIVE',
      10_000,
      async () => (await describeCluster()).State === 'ACTIVE',
    )
    const { NodeInfoList: nodes = [] } = await api.send(new ListNodesCommand({ ClusterArn }))
    const ids = nodes.map(({ BrokerNodeInfo }) => BrokerNodeInfo?.BrokerId)
    expect(ids).toHaveLength(3)
    expect(ids.includes(brokers[0]?.brokerId)).toBe(gone === 0)
    const { ClusterOperationInfoList: operations = [] } = await api.send(
      new ListClusterOperationsV2Command({ ClusterArn }),
    )
    expect(operations[0]).toMatchObject({ OperationType: type, OperationState: 'UPDATE_COMPLETE' })
    await waitFor('records to be acknowledged', 10_000, async () => load.acked > acked)
  })

  test('has kept every acknowledged record, and was never closed to writers for long', async () => {
    const { objections, longestPauseMs } = await load.verify()
    expect(objections).toEqual([])
    expect(longestPauseMs).toBeLessThan(5_000)
  })

  async function hosts(): Promise<OperatedHost[]> {
    return (await askOperator<{ hosts: OperatedHost[] }>(service.endpoint, 'GET', HOSTS)).hosts
  }

  /** The update before has paused it. */
  async function resumeRebalancing() {
    const { CurrentVersion, Provisioned } = await describeCluster()
    if (Provisioned?.Rebalancing?.Status === 'ACTIVE') return
    const Rebalancing = { Status: 'ACTIVE' } as const
    const command = new UpdateRebalancingCommand({ ClusterArn, CurrentVersion, Rebalancing })
    await ended((await api.send(command)).ClusterOperationArn!)
  }

  async function describeCluster() {
    return (await api.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo!
  }

  async function ended(ClusterOperationArn: string) {
    return waitFor('the operation to end', 60_000, async () => {
      const command = new DescribeClusterOperationV2Command({ ClusterOperationArn })
      const { ClusterOperationInfo: info } = await api.send(command)
      return /_(COMPLETE|FAILED)$/.test(info?.OperationState ?? '') && info
    })
  }
})
