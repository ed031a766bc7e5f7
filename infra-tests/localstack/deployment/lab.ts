/** A deployment on this machine: LocalStack, its instances as containers, and the stacks deployed by `cdk`. */
import { EC2Client } from '@aws-sdk/client-ec2'
import { KafkaClient } from '@aws-sdk/client-kafka'
import { type AwsKafka, awsKafka } from '../../integration/aws-cli.ts'
import type { AccessKey } from '../../support/operator.ts'
import { waitFor } from '../../support/wait.ts'
import { type Aws, awsCli } from '../aws.ts'
import type { ClientMachine } from '../clients.ts'
import { ensureImage } from '../docker.ts'
import { Machines } from '../machines/machines.ts'
import { type LocalStack, startLocalStack } from '../server/localstack.ts'
import { type Cdk, type Context, createCdk } from './cdk.ts'

export interface Lab {
  /** Of every container. */
  readonly image: string
  readonly localstack: LocalStack
  readonly machines: Machines
  readonly cdk: Cdk
  /** Any service of LocalStack's. */
  readonly aws: Aws
  readonly ec2: EC2Client
  /** What the agent did, and what failed. */
  readonly log: () => string
  stop(): Promise<void>
}

/** The least that a deployment can be: hosts have no size here, and the image brings the software. */
export const CONTEXT: Context = {
  hostImage: 'ami-0123456789abcdef0',
  zones: 'us-east-1a,us-east-1b,us-east-1c',
  cidr: '10.97.0.0/16',
  removal: 'destroy',
  sharedHostTypes: 't3.small',
  hostVolumeGB: '8',
  controlPlaneType: 't3.small',
  architecture: 'x86_64',
}

export async function openLab(scope: string): Promise<Lab> {
  const [image, localstack] = await Promise.all([ensureImage(), startLocalStack()])
  const lines: string[] = []
  const machines = new Machines({
    ...localstack,
    region: 'us-east-1',
    scope,
    image,
    log: (line) => lines.push(line),
  })
  await machines.start()
  const cdk = createCdk(localstack.environment)
  const ec2 = new EC2Client({
    endpoint: localstack.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  return {
    image,
    localstack,
    machines,
    cdk,
    aws: awsCli(localstack.environment),
    ec2,
    log: () => lines.join('\n'),
    async stop() {
      cdk.close()
      ec2.destroy()
      await machines.stop()
      await localstack.stop()
    },
  }
}

/** The deployed service, as its users have it. */
export interface Deployed {
  readonly endpoint: string
  readonly api: KafkaClient
  readonly administrator: AccessKey
  /** `aws kafka …` with the administrator's key. */
  readonly kafka: AwsKafka
  readonly subnetIds: readonly string[]
  /** A container beside the brokers. */
  readonly clients: ClientMachine
}

export async function connect(lab: Lab, outputs: Readonly<Record<string, string>>): Promise<Deployed> {
  const endpoints = outputOf(outputs, 'EndpointUrls').split(',')
  for (const endpoint of endpoints) await waitFor(endpoint, START_TIMEOUT_MS, () => isHealthy(endpoint), 200)
  const [endpoint = ''] = endpoints
  const { SecretString } = await lab.aws<{ SecretString: string }>(
    ...['secretsmanager', 'get-secret-value', '--secret-id', outputOf(outputs, 'AdministratorKeySecretArn')],
  )
  const credentials = JSON.parse(SecretString) as AccessKey
  const { Subnets } = await lab.aws<{
    Subnets: { SubnetId: string; VpcId: string; AvailabilityZone: string }[]
  }>(...['ec2', 'describe-subnets', '--filters', 'Name=cidr-block,Values=10.97.*'])
  const byZone = new Map(Subnets.map((subnet) => [subnet.AvailabilityZone, subnet]))
  return {
    endpoint,
    administrator: credentials,
    api: new KafkaClient({
      endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler: {
        requestTimeout: CALL_TIMEOUT_MS,
        socketTimeout: CALL_TIMEOUT_MS,
        throwOnRequestTimeout: true,
      },
    }),
    kafka: awsKafka(endpoint, {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    subnetIds: [...byZone.values()].map(({ SubnetId }) => SubnetId),
    clients: { image: lab.image, network: lab.machines.nameOf(Subnets[0]!.VpcId) },
  }
}

const CALL_TIMEOUT_MS = 20_000
const START_TIMEOUT_MS = 120_000

async function isHealthy(endpoint: string): Promise<boolean> {
  return (await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(2_000) })).ok
}

/** CDK puts the construct's path before an output's name, and a hash behind it. */
export function outputOf(outputs: Readonly<Record<string, string>>, name: string): string {
  const found = Object.entries(outputs).find(([key]) => new RegExp(`^Freshet${name}[0-9A-F]{8}$`).test(key))
  if (found === undefined) throw new Error(`no output ${name}: ${Object.keys(outputs).join(', ')}`)
  return found[1]
}
