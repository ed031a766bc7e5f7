import { RemovalPolicy } from 'aws-cdk-lib'
import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { IFreshetService } from '../service/freshet-service.ts'
import { type ClusterAttributes, ClusterBase, type ICluster, importCluster } from './cluster.ts'
import { checkClusterName, clusterNameFor, clusterResource } from './provisioned-cluster.ts'

export interface ServerlessClusterProps {
  /** The service that is to have it. */
  readonly service: IFreshetService

  /**
   * Its name. Another name is another cluster.
   *
   * @default - made from the construct's path
   */
  readonly clusterName?: string

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

/**
 * A cluster on hosts that it shares with others, in three zones. There is nothing about it to be sized.
 *
 * @resource Custom::FreshetServerlessCluster
 */
export class ServerlessCluster extends ClusterBase {
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

  constructor(scope: Construct, id: string, props: ServerlessClusterProps) {
    super(scope, id)
    const { service, tags = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    this.service = service
    this.clusterName = props.clusterName ?? clusterNameFor(this)
    checkClusterName(this.clusterName)
    const resource = clusterResource(this, service, 'Custom::FreshetServerlessCluster', removalPolicy, {
      ClusterName: this.clusterName,
      VpcConfigs: [{ SubnetIds: service.subnetIds }],
      Tags: tags,
    })
    this.clusterArn = resource.getAttString('Arn')
    this.bootstrapBrokers = resource.getAttString('BootstrapBrokerString')
  }

  get connections(): ec2.Connections {
    return this.service.brokers.connections
  }
}
