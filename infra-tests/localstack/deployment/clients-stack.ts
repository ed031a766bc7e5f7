/** What somebody deploys who uses the service: a cluster with a topic, in a stack of CloudFormation. */
import { deleteStack, deployStack } from '../stacks.ts'
import type { Lab } from './lab.ts'

const STACK = 'clients'

/** Returns where the brokers of its cluster are. */
export async function deployClientsStack(
  { aws }: Lab,
  serviceToken: string,
  subnetIds: readonly string[],
): Promise<string> {
  const { Bootstrap } = await deployStack(aws, STACK, template(serviceToken, subnetIds))
  if (Bootstrap === undefined) throw new Error('the stack does not say where its brokers are')
  return Bootstrap
}

export function deleteClientsStack({ aws }: Lab): Promise<void> {
  return deleteStack(aws, STACK)
}

function template(serviceToken: string, subnetIds: readonly string[]): object {
  const properties = { ServiceToken: serviceToken, ServiceTimeout: 120 }
  return {
    Resources: {
      Cluster: {
        Type: 'Custom::FreshetServerlessCluster',
        Properties: {
          ...properties,
          ClusterName: 'of-a-stack',
          VpcConfigs: [{ SubnetIds: subnetIds }],
          ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
        },
      },
      Topic: {
        Type: 'Custom::FreshetTopic',
        Properties: {
          ...properties,
          ClusterArn: { Ref: 'Cluster' },
          TopicName: 'orders',
          PartitionCount: 4,
          ReplicationFactor: 3,
        },
      },
    },
    Outputs: { Bootstrap: { Value: { 'Fn::GetAtt': ['Cluster', 'BootstrapBrokerString'] } } },
  }
}
