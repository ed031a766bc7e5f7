/** Every update of a provisioned cluster of three brokers, in an order in which each finds something to change. */
import {
  CreateConfigurationCommand,
  type KafkaClient,
  ListConfigurationsCommand,
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

export interface Update {
  /** Of the cluster operation that it begins. */
  readonly type: string
  /** Where the type does not tell it from another. */
  readonly title?: string
  /** Brokers that are there before and after, and start again. */
  readonly restarts: number
  ask(api: KafkaClient, cluster: UpdatedCluster): Promise<{ ClusterOperationArn?: string | undefined }>
}

export interface UpdatedCluster {
  readonly ClusterArn: string
  readonly CurrentVersion: string
}

const SCRAM = { Sasl: { Scram: { Enabled: true } } }

const updates: readonly Update[] = [
  {
    type: 'UPDATE_CLUSTER_CONFIGURATION',
    restarts: 3,
    async ask(api, cluster) {
      const ConfigurationInfo = { Arn: await configurationArn(api), Revision: 1 }
      return api.send(new UpdateClusterConfigurationCommand({ ...cluster, ConfigurationInfo }))
    },
  },
  {
    type: 'REBOOT_NODE',
    restarts: 1,
    ask: (api, { ClusterArn }) => api.send(new RebootBrokerCommand({ ClusterArn, BrokerIds: ['2'] })),
  },
  {
    type: 'UPDATE_CLUSTER_KAFKA_VERSION',
    restarts: 3,
    ask: (api, cluster) =>
      api.send(new UpdateClusterKafkaVersionCommand({ ...cluster, TargetKafkaVersion: '4.3.x' })),
  },
  {
    type: 'UPDATE_BROKER_TYPE',
    restarts: 3,
    ask: (api, cluster) =>
      api.send(new UpdateBrokerTypeCommand({ ...cluster, TargetInstanceType: 'kafka.m7g.xlarge' })),
  },
  {
    type: 'INCREASE_BROKER_COUNT',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(new UpdateBrokerCountCommand({ ...cluster, TargetNumberOfBrokerNodes: 6 })),
  },
  {
    type: 'DECREASE_BROKER_COUNT',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(new UpdateBrokerCountCommand({ ...cluster, TargetNumberOfBrokerNodes: 3 })),
  },
  {
    type: 'UPDATE_BROKER_STORAGE',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(
        new UpdateBrokerStorageCommand({
          ...cluster,
          TargetBrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB: 200 }],
        }),
      ),
  },
  {
    type: 'UPDATE_STORAGE',
    restarts: 0,
    ask: (api, cluster) => api.send(new UpdateStorageCommand({ ...cluster, VolumeSizeGB: 300 })),
  },
  {
    type: 'UPDATE_MONITORING',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(new UpdateMonitoringCommand({ ...cluster, EnhancedMonitoring: 'PER_BROKER' })),
  },
  {
    type: 'UPDATE_SECURITY',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(
        new UpdateSecurityCommand({
          ...cluster,
          ClientAuthentication: { ...SCRAM, Unauthenticated: { Enabled: true } },
        }),
      ),
  },
  {
    type: 'UPDATE_CONNECTIVITY',
    restarts: 0,
    ask: (api, cluster) =>
      api.send(
        new UpdateConnectivityCommand({
          ...cluster,
          ConnectivityInfo: { VpcConnectivity: { ClientAuthentication: SCRAM } },
        }),
      ),
  },
  ...(['PAUSED', 'ACTIVE'] as const).map((Status) => ({
    type: 'UPDATE_REBALANCING',
    title: `UPDATE_REBALANCING to ${Status}`,
    restarts: 0,
    ask: (api: KafkaClient, cluster: UpdatedCluster) =>
      api.send(new UpdateRebalancingCommand({ ...cluster, Rebalancing: { Status } })),
  })),
]

export const titledUpdates = updates.map((update) => [update.title ?? update.type, update] as const)

/** Of the configuration `tuned`, one property of which no running broker takes. */
async function configurationArn(api: KafkaClient): Promise<string> {
  const { Configurations = [] } = await api.send(new ListConfigurationsCommand({}))
  const found = Configurations.find(({ Name }) => Name === 'tuned')
  if (found?.Arn !== undefined) return found.Arn
  const ServerProperties = Buffer.from('log.retention.ms=86400000\nnum.partitions=3\n')
  const created = await api.send(new CreateConfigurationCommand({ Name: 'tuned', ServerProperties }))
  return created.Arn!
}
