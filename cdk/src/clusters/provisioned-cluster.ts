import { CustomResource, Duration, Names, RemovalPolicy, Token } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type * as msk from 'aws-cdk-lib/aws-msk'
import { Construct } from 'constructs'
import type { IFreshetService } from '../service/freshet-service.ts'
import { type ClusterAttributes, ClusterBase, type ICluster, importCluster } from './cluster.ts'
import type { KafkaVersion } from './kafka-version.ts'
import { cloudFormationProperties } from './msk-properties.ts'

export interface ProvisionedClusterProps {
  /** The service that is to have it. */
  readonly service: IFreshetService

  /**
   * Its name. Another name is another cluster.
   *
   * @default - made from the construct's path
   */
  readonly clusterName?: string

  /** The version of Kafka. It can be changed to a later one. */
  readonly kafkaVersion: KafkaVersion

  /**
   * Brokers in each availability zone.
   *
   * @default 1
   */
  readonly numberOfBrokerNodes?: number

  /**
   * Machines of its brokers, by EC2's names.
   *
   * @default m7g.large
   */
  readonly instanceType?: ec2.InstanceType

  /**
   * One subnet in each of two or three availability zones.
   *
   * @default - those of the service
   */
  readonly clientSubnetIds?: readonly string[]

  /**
   * Volumes of its brokers. They can grow, and never shrink.
   *
   * @default - 100 GiB
   */
  readonly ebsStorageInfo?: EbsStorageInfo

  /**
   * A configuration of brokers.
   *
   * @default - none
   */
  readonly configurationInfo?: ClusterConfigurationInfo

  /**
   * How much CloudWatch is told: DEFAULT, PER_BROKER, PER_TOPIC_PER_BROKER or PER_TOPIC_PER_PARTITION.
   *
   * @default DEFAULT
   */
  readonly clusterMonitoringLevel?: string

  /**
   * Prometheus endpoints of brokers.
   *
   * @default - none that MSK shows
   */
  readonly openMonitoring?: msk.CfnCluster.OpenMonitoringProperty

  /**
   * How clients prove who they are.
   *
   * @default - unauthenticated
   */
  readonly clientAuthentication?: msk.CfnCluster.ClientAuthenticationProperty

  /**
   * Keys of volumes, and encryption on the way. The key cannot be changed, and the service must have been given it.
   *
   * @default - EBS's own key
   */
  readonly encryptionInfo?: msk.CfnCluster.EncryptionInfoProperty

  /**
   * Where brokers' logs go.
   *
   * @default - nowhere but their hosts
   */
  readonly loggingInfo?: msk.CfnCluster.LoggingInfoProperty

  /**
   * LOCAL or TIERED.
   *
   * @default LOCAL
   */
  readonly storageMode?: 'LOCAL' | 'TIERED'

  /**
   * Tags of the cluster.
   *
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>

  /**
   * What becomes of the cluster, with its records, when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
}

export interface EbsStorageInfo {
  /**
   * Size in GiB.
   *
   * @default 100
   */
  readonly volumeSize?: number
}

export interface ClusterConfigurationInfo {
  readonly arn: string
  readonly revision: number
}

/**
 * A cluster with hosts of its own.
 *
 * @resource Custom::FreshetCluster
 */
export class ProvisionedCluster extends ClusterBase {
  static fromClusterArn(scope: Construct, id: string, clusterArn: string): ICluster {
    return importCluster(scope, id, { clusterArn })
  }

  static fromClusterAttributes(scope: Construct, id: string, attributes: ClusterAttributes): ICluster {
    return importCluster(scope, id, attributes)
  }

  readonly service: IFreshetService
  readonly clusterArn: string
  readonly clusterName: string
  /** `host:port,host:port,…`, for use in this very stack. */
  readonly bootstrapBrokers: string

  constructor(scope: Construct, id: string, props: ProvisionedClusterProps) {
    super(scope, id)
    const { service, tags = {}, removalPolicy = RemovalPolicy.RETAIN, configurationInfo } = props
    this.service = service
    this.clusterName = props.clusterName ?? clusterNameFor(this)
    checkClusterName(this.clusterName)
    const clientSubnets = props.clientSubnetIds ?? service.subnetIds.slice(0, 3)
    const numberOfBrokerNodes = brokersIn(clientSubnets, props.numberOfBrokerNodes ?? 1)
    const resource = clusterResource(this, service, 'Custom::FreshetCluster', removalPolicy, {
      ClusterName: this.clusterName,
      KafkaVersion: props.kafkaVersion.version,
      NumberOfBrokerNodes: numberOfBrokerNodes,
      BrokerNodeGroupInfo: {
        InstanceType: `kafka.${props.instanceType ?? new ec2.InstanceType('m7g.large')}`,
        ClientSubnets: clientSubnets,
        StorageInfo: { EBSStorageInfo: { VolumeSize: volumeSizeOf(props.ebsStorageInfo) } },
      },
      ...(configurationInfo && {
        ConfigurationInfo: { Arn: configurationInfo.arn, Revision: configurationInfo.revision },
      }),
      EnhancedMonitoring: monitoringLevel(props.clusterMonitoringLevel ?? 'DEFAULT'),
      ...mskProperties(props),
      Tags: tags,
    })
    this.clusterArn = resource.getAttString('Arn')
    this.bootstrapBrokers = resource.getAttString('BootstrapBrokerString')
  }

  get connections(): ec2.Connections {
    return this.service.brokers.connections
  }
}

/** What kinds of clusters have in common as resources. */
export function clusterResource(
  scope: Construct,
  service: IFreshetService,
  resourceType: string,
  removalPolicy: RemovalPolicy,
  properties: Record<string, unknown>,
): CustomResource {
  const resource = new CustomResource(scope, 'Resource', {
    resourceType,
    serviceToken: service.serviceToken,
    // As long as CloudFormation waits for anything.
    serviceTimeout: Duration.hours(1),
    removalPolicy,
    properties,
  })
  // Made when the service answers, and deleted while it still does.
  if (Construct.isConstruct(service)) resource.node.addDependency(service)
  return resource
}

export function clusterNameFor(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: MAX_NAME_LENGTH, separator: '-' })
}

export function checkClusterName(clusterName: string): void {
  if (Token.isUnresolved(clusterName) || /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/.test(clusterName)) return
  throw new Error(`clusterName '${clusterName}': 1 to ${MAX_NAME_LENGTH} letters, digits and -, no - first`)
}

const MAX_NAME_LENGTH = 64
const MAX_BROKERS = 60
const MAX_VOLUME_GIB = 16_384
const MONITORING_LEVELS = ['DEFAULT', 'PER_BROKER', 'PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION']

/** What is passed on as it is. */
function mskProperties(props: ProvisionedClusterProps): Record<string, unknown> {
  const { openMonitoring, clientAuthentication, encryptionInfo, loggingInfo, storageMode } = props
  return cloudFormationProperties({
    openMonitoring,
    clientAuthentication,
    encryptionInfo,
    loggingInfo,
    storageMode,
  })
}

function brokersIn(subnets: readonly string[], perZone: number): number {
  if (Token.isUnresolved(subnets)) {
    throw new Error(
      "clientSubnetIds: how many there are must be known, as with Fn.split(',', list, 3): all zones have as many brokers",
    )
  }
  if (Token.isUnresolved(perZone))
    throw new Error('numberOfBrokerNodes must be known when the template is made')
  const zones = subnets.length
  if (zones < 2 || zones > 3)
    throw new Error(`clientSubnetIds: ${zones} subnets; a cluster needs two or three`)
  if (!Number.isInteger(perZone) || perZone < 1 || perZone * zones > MAX_BROKERS) {
    throw new Error(
      `numberOfBrokerNodes ${perZone}: a whole number from 1, and at most ${MAX_BROKERS} in ${zones} zones`,
    )
  }
  return perZone * zones
}

function volumeSizeOf({ volumeSize = 100 }: EbsStorageInfo = {}): number {
  const sound = Number.isInteger(volumeSize) && volumeSize >= 1 && volumeSize <= MAX_VOLUME_GIB
  if (sound || Token.isUnresolved(volumeSize)) return volumeSize
  throw new Error(`volumeSize ${volumeSize}: 1 to ${MAX_VOLUME_GIB} GiB`)
}

function monitoringLevel(level: string): string {
  if (Token.isUnresolved(level) || MONITORING_LEVELS.includes(level)) return level
  throw new Error(`clusterMonitoringLevel ${level} is none of ${MONITORING_LEVELS.join(', ')}`)
}
