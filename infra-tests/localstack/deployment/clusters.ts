/** Clusters of the deployed service, by the AWS CLI; waiting is done by the SDK, which does not start anew each time. */
import {
  DescribeClusterOperationV2Command,
  DescribeClusterV2Command,
  GetBootstrapBrokersCommand,
  ListClusterOperationsV2Command,
  ListClustersV2Command,
} from '@aws-sdk/client-kafka'
import { waitFor } from '../../support/wait.ts'
import type { Deployed } from './lab.ts'

export const INSTANCE_TYPE = 'kafka.t3.small'

/** In the seconds that it takes on a busy machine of two cores. */
const ACTIVE_TIMEOUT_MS = 120_000
const OPERATION_TIMEOUT_MS = 240_000
const POLL_MS = 250

/** Returns its ARN at once. */
export async function createCluster(service: Deployed, type: 'provisioned' | 'serverless'): Promise<string> {
  const specification =
    type === 'serverless'
      ? {
          VpcConfigs: [{ SubnetIds: service.subnetIds }],
          ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
        }
      : {
          BrokerNodeGroupInfo: { ClientSubnets: service.subnetIds, InstanceType: INSTANCE_TYPE },
          KafkaVersion: '4.1.x',
          NumberOfBrokerNodes: service.subnetIds.length,
        }
  const { json, error } = await service.kafka(
    ...['create-cluster-v2', '--cluster-name', type, `--${type}`, JSON.stringify(specification)],
  )
  if (typeof json.ClusterArn !== 'string') throw new Error(`create-cluster-v2: ${error}`)
  return json.ClusterArn
}

/** Resolves when it is ACTIVE and says where its brokers are. */
export async function serving(service: Deployed, arn: string): Promise<{ arn: string; bootstrap: string }> {
  await waitFor(
    `${arn} to be ACTIVE`,
    ACTIVE_TIMEOUT_MS,
    async () => {
      const { ClusterInfo } = await service.api.send(new DescribeClusterV2Command({ ClusterArn: arn }))
      if (ClusterInfo?.State === 'ACTIVE') return true
      const operations = await service.api.send(new ListClusterOperationsV2Command({ ClusterArn: arn }))
      throw new Error(
        `it is ${ClusterInfo?.State}: ${JSON.stringify([ClusterInfo?.StateInfo, operations.ClusterOperationInfoList])}`,
      )
    },
    POLL_MS,
  )
  const found = await service.api.send(new GetBootstrapBrokersCommand({ ClusterArn: arn }))
  const bootstrap = found.BootstrapBrokerString
  if (!bootstrap) throw new Error(`${arn} has no bootstrap brokers`)
  return { arn, bootstrap }
}

export async function clusterNames({ api }: Deployed): Promise<string[]> {
  const { ClusterInfoList = [] } = await api.send(new ListClustersV2Command({}))
  return ClusterInfoList.map(({ ClusterName }) => ClusterName ?? '')
}

/** Resolves when nothing is left of it. */
export async function deleteCluster(service: Deployed, arn: string): Promise<void> {
  const { error } = await service.kafka('delete-cluster', '--cluster-arn', arn)
  if (error !== '') throw new Error(`delete-cluster: ${error}`)
  await waitFor(
    `${arn} to be gone`,
    OPERATION_TIMEOUT_MS,
    async () => {
      const { ClusterInfoList = [] } = await service.api.send(new ListClustersV2Command({}))
      const rest = ClusterInfoList.find(({ ClusterArn }) => ClusterArn === arn)
      if (rest !== undefined) throw new Error(`it is ${rest.State}: ${JSON.stringify(rest.StateInfo)}`)
      return true
    },
    POLL_MS,
  )
}

export async function updateBrokerCount(service: Deployed, arn: string, count: number): Promise<void> {
  const { ClusterInfo } = await service.api.send(new DescribeClusterV2Command({ ClusterArn: arn }))
  const { json, error } = await service.kafka(
    ...['update-broker-count', '--cluster-arn', arn, '--current-version', ClusterInfo!.CurrentVersion!],
    ...['--target-number-of-broker-nodes', String(count)],
  )
  if (typeof json.ClusterOperationArn !== 'string') throw new Error(`update-broker-count: ${error}`)
  await succeeded(service, json.ClusterOperationArn)
}

async function succeeded(service: Deployed, operationArn: string): Promise<void> {
  const state = await waitFor(
    `${operationArn} to end`,
    OPERATION_TIMEOUT_MS,
    async () => {
      const command = new DescribeClusterOperationV2Command({ ClusterOperationArn: operationArn })
      const info = (await service.api.send(command)).ClusterOperationInfo
      if (info !== undefined && /_(COMPLETE|FAILED)$/.test(info.OperationState ?? '')) return info
      throw new Error(`it is ${JSON.stringify(info)}`)
    },
    POLL_MS,
  )
  if (state.OperationState !== 'UPDATE_COMPLETE') throw new Error(JSON.stringify(state))
}
