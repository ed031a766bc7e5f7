/** What somebody deploys who uses the service: a cluster with a topic, in a stack of CloudFormation. */
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun } from '../../support/programs.ts'
import type { Lab } from './lab.ts'

const STACK = ['--stack-name', 'clients']
const TIMEOUT_MS = 180_000

/** Returns where the brokers of its cluster are. */
export async function deployClientsStack(
  lab: Lab,
  serviceToken: string,
  subnetIds: readonly string[],
): Promise<string> {
  const file = join(tmpdir(), `freshet-clients-${process.pid}.json`)
  writeFileSync(file, JSON.stringify(template(serviceToken, subnetIds)))
  const command = ['cloudformation', 'deploy', ...STACK, '--template-file', file]
  const endpoint = ['--endpoint-url', lab.localstack.endpoint]
  await mustRun('aws', [...command, ...endpoint], { env: lab.localstack.environment, timeoutMs: TIMEOUT_MS })
  rmSync(file)
  const { Stacks } = await lab.aws<StackOutputs>('cloudformation', 'describe-stacks', ...STACK)
  return Stacks[0]!.Outputs.find(({ OutputKey }) => OutputKey === 'Bootstrap')!.OutputValue
}

export async function deleteClientsStack({ aws }: Lab): Promise<void> {
  await aws('cloudformation', 'delete-stack', ...STACK)
  await aws('cloudformation', 'wait', 'stack-delete-complete', ...STACK)
}

interface StackOutputs {
  readonly Stacks: readonly {
    readonly Outputs: readonly { readonly OutputKey: string; readonly OutputValue: string }[]
  }[]
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
