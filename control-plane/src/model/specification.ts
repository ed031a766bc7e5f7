/** What a user asked for, in MSK's words and shapes: kept as given (with MSK's defaults) and given back. */

export interface ProvisionedSpecification {
  readonly kafkaVersion: string
  readonly numberOfBrokerNodes: number
  readonly brokerNodeGroupInfo: BrokerNodeGroupInfo
  readonly rebalancing: { readonly status: 'ACTIVE' | 'PAUSED' }
  readonly clientAuthentication?: ClientAuthentication
  readonly encryptionInfo: EncryptionInfo
  readonly enhancedMonitoring: string
  readonly openMonitoring: OpenMonitoring
  readonly loggingInfo?: LoggingInfo
  readonly storageMode: 'LOCAL' | 'TIERED'
  readonly configuration?: AttachedConfiguration
}

/** The revision that the brokers run with, and its text: a cluster does not depend on the configuration's record. */
export interface AttachedConfiguration {
  readonly arn: string
  readonly revision: number
  readonly serverProperties: Readonly<Record<string, string>>
}

export interface ServerlessSpecification {
  readonly vpcConfigs: readonly VpcConfig[]
  readonly clientAuthentication: { readonly sasl: { readonly iam: Enabled } }
  readonly connectivityInfo: { readonly networkType: 'IPV4' }
}

export interface VpcConfig {
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
}

export interface Enabled {
  readonly enabled: boolean
}

export interface BrokerNodeGroupInfo {
  readonly brokerAZDistribution: 'DEFAULT'
  readonly clientSubnets: readonly string[]
  readonly instanceType: string
  readonly securityGroups: readonly string[]
  readonly zoneIds?: readonly string[]
  readonly storageInfo?: StorageInfo
  readonly connectivityInfo: ConnectivityInfo
}

export interface StorageInfo {
  readonly ebsStorageInfo?: {
    readonly volumeSize: number
    readonly provisionedThroughput?: Partial<Enabled> & { readonly volumeThroughput?: number }
  }
}

export interface ConnectivityInfo {
  readonly publicAccess: { readonly type: 'DISABLED' }
  readonly networkType: 'IPV4'
  readonly vpcConnectivity: {
    readonly clientAuthentication: {
      readonly sasl: { readonly scram: Enabled; readonly iam: Enabled }
      readonly tls: Enabled
    }
  }
}

export interface ClientAuthentication {
  readonly sasl?: { readonly scram?: Partial<Enabled>; readonly iam?: Partial<Enabled> }
  readonly tls?: Partial<Enabled> & { readonly certificateAuthorityArnList?: readonly string[] }
  readonly unauthenticated?: Partial<Enabled>
}

export interface EncryptionInfo {
  readonly encryptionAtRest?: { readonly dataVolumeKMSKeyId: string }
  readonly encryptionInTransit: { readonly clientBroker: string; readonly inCluster: boolean }
}

export interface OpenMonitoring {
  readonly prometheus: {
    readonly jmxExporter?: { readonly enabledInBroker: boolean }
    readonly nodeExporter?: { readonly enabledInBroker: boolean }
  }
}

export interface LoggingInfo {
  readonly brokerLogs: Logs
  readonly authorizerLogs?: Logs
}

interface Logs {
  readonly cloudWatchLogs?: Enabled & { readonly logGroup?: string }
  readonly firehose?: Enabled & { readonly deliveryStream?: string }
  readonly s3?: Enabled & { readonly bucket?: string; readonly prefix?: string }
}

/** A broker may have a larger volume than the others. Volumes never shrink: the larger size is what it has. */
export function volumeSizeOf(
  { brokerNodeGroupInfo: { storageInfo } }: ProvisionedSpecification,
  ofBrokerGB: number | undefined,
): number | undefined {
  const ofAllGB = storageInfo?.ebsStorageInfo?.volumeSize
  return ofAllGB === undefined ? ofBrokerGB : Math.max(ofAllGB, ofBrokerGB ?? 0)
}

/** MiB/s of its volumes, where it is more than volumes have by themselves. */
export function throughputOf({
  brokerNodeGroupInfo: { storageInfo },
}: ProvisionedSpecification): number | undefined {
  const { enabled = true, volumeThroughput } = storageInfo?.ebsStorageInfo?.provisionedThroughput ?? {}
  return enabled ? volumeThroughput : undefined
}

export function withVolumeSize(
  specification: ProvisionedSpecification,
  volumeSize: number,
  changes: Omit<NonNullable<StorageInfo['ebsStorageInfo']>, 'volumeSize'> = {},
): ProvisionedSpecification {
  const { brokerNodeGroupInfo } = specification
  const ebsStorageInfo = { ...brokerNodeGroupInfo.storageInfo?.ebsStorageInfo, ...changes, volumeSize }
  return {
    ...specification,
    brokerNodeGroupInfo: { ...brokerNodeGroupInfo, storageInfo: { ebsStorageInfo } },
  }
}

/** MSK's MutableClusterInfo: what an operation found and what it is to leave behind. */
export interface MutableClusterInfo {
  readonly brokerEBSVolumeInfo?: readonly {
    readonly kafkaBrokerNodeId: string
    readonly volumeSizeGB: number
    readonly provisionedThroughput?: Partial<Enabled> & { readonly volumeThroughput?: number }
  }[]
  readonly configurationInfo?: { readonly arn: string; readonly revision: number }
  readonly numberOfBrokerNodes?: number
  readonly brokerCountUpdateInfo?: {
    readonly createdBrokerIds?: readonly number[]
    readonly deletedBrokerIds?: readonly number[]
  }
  readonly enhancedMonitoring?: string
  readonly openMonitoring?: OpenMonitoring
  readonly loggingInfo?: LoggingInfo
  readonly kafkaVersion?: string
  readonly instanceType?: string
  readonly clientAuthentication?: ClientAuthentication
  readonly encryptionInfo?: EncryptionInfo
  readonly connectivityInfo?: ConnectivityInfo
  readonly storageMode?: 'LOCAL' | 'TIERED'
  readonly rebalancing?: { readonly status: 'ACTIVE' | 'PAUSED' }
}
