import { randomBytes, randomUUID } from 'node:crypto'

/** Names of resources as MSK forms them: ARNs, opaque versions, and Kafka's 22-character cluster id. */

export interface Account {
  readonly region: string
  readonly accountId: string
}

export interface ClusterArn {
  readonly clusterName: string
  /** The last part of the ARN: uuid, dash, `1` (provisioned) or `s1` (serverless). */
  readonly clusterUuid: string
}

export interface OperationArn extends ClusterArn {
  readonly operationUuid: string
}

export interface ConfigurationArn {
  readonly name: string
  readonly configurationUuid: string
}

export function newUuid(): string {
  return randomUUID()
}

/** Opaque to clients; differs after every successful update, and is the optimistic lock of updates. */
export function newCurrentVersion(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  return `K${Array.from(randomBytes(13), (byte) => alphabet[byte % alphabet.length]).join('')}`
}

export function clusterArn(account: Account, { clusterName, clusterUuid }: ClusterArn): string {
  return `${prefix(account)}:cluster/${clusterName}/${clusterUuid}`
}

export function operationArn(account: Account, arn: OperationArn): string {
  return `${prefix(account)}:cluster-operation/${arn.clusterName}/${arn.clusterUuid}/${arn.operationUuid}`
}

export function brokerArn(
  account: Account,
  { clusterName, clusterUuid }: ClusterArn,
  brokerId: number,
): string {
  return `${prefix(account)}:broker/${clusterName}/${clusterUuid}/${brokerId}`
}

/** Whether a resource of that ARN can be here at all: names and uuids say nothing of region and account. */
export function isArnOf(account: Account, arn: string): boolean {
  return arn.startsWith(`${prefix(account)}:`)
}

/** Undefined if it is no cluster ARN at all; whether such a cluster exists is another question. */
export function parseClusterArn(arn: string): ClusterArn | undefined {
  const [, clusterName, clusterUuid] = CLUSTER_ARN.exec(arn) ?? []
  return clusterName && clusterUuid ? { clusterName, clusterUuid } : undefined
}

export function parseOperationArn(arn: string): OperationArn | undefined {
  const [, clusterName, clusterUuid, operationUuid] = OPERATION_ARN.exec(arn) ?? []
  return clusterName && clusterUuid && operationUuid ? { clusterName, clusterUuid, operationUuid } : undefined
}

export function configurationArn(account: Account, { name, configurationUuid }: ConfigurationArn): string {
  return `${prefix(account)}:configuration/${name}/${configurationUuid}`
}

export function parseConfigurationArn(arn: string): ConfigurationArn | undefined {
  const [, name, configurationUuid] = CONFIGURATION_ARN.exec(arn) ?? []
  return name && configurationUuid ? { name, configurationUuid } : undefined
}

export function topicArn(account: Account, cluster: ClusterArn, topicName: string): string {
  return `${prefix(account)}:topic/${cluster.clusterName}/${cluster.clusterUuid}/${topicName}`
}

export function vpcConnectionArn(account: Account, { clusterName }: ClusterArn, uuid: string): string {
  return `${prefix(account)}:vpc-connection/${account.accountId}/${clusterName}/${uuid}`
}

export function parseVpcConnectionArn(arn: string): [clusterName: string, uuid: string] | undefined {
  const [, clusterName, uuid] = VPC_CONNECTION_ARN.exec(arn) ?? []
  return clusterName && uuid ? [clusterName, uuid] : undefined
}

/** Kafka writes a cluster id as the base64url of a uuid's sixteen bytes. */
export function kafkaClusterId(clusterUuid: string): string {
  return Buffer.from(clusterUuid.slice(0, UUID_LENGTH).replaceAll('-', ''), 'hex').toString('base64url')
}

const UUID_LENGTH = 36
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const SERVICE = 'arn:aws(?:-[a-z]+)*:kafka:[a-z0-9-]+:[0-9]{12}'
const NAME = '[a-zA-Z0-9][a-zA-Z0-9-]{0,63}'
const CLUSTER_ARN = new RegExp(`^${SERVICE}:cluster/(${NAME})/(${UUID}-s?[0-9]+)$`)
const CONFIGURATION_ARN = new RegExp(
  `^${SERVICE}:configuration/([0-9A-Za-z][0-9A-Za-z-]{0,127})/(${UUID}-[0-9]+)$`,
)
const VPC_CONNECTION_ARN = new RegExp(`^${SERVICE}:vpc-connection/[0-9]{12}/(${NAME})/(${UUID})$`)
const OPERATION_ARN = new RegExp(`^${SERVICE}:cluster-operation/(${NAME})/(${UUID}-s?[0-9]+)/(${UUID})$`)

function prefix({ region, accountId }: Account): string {
  return `arn:aws:kafka:${region}:${accountId}`
}
