import { CustomResource, Duration, Names, RemovalPolicy, Resource, Token } from 'aws-cdk-lib'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { ICluster } from './cluster.ts'

export interface TopicProps {
  /** The cluster that is to have it. An imported one must know its service. */
  readonly cluster: ICluster

  /**
   * Its name. Another name is another topic.
   *
   * @default - made from the construct's path
   */
  readonly topicName?: string

  /**
   * Partitions. There can be more later, and never fewer.
   *
   * @default 3
   */
  readonly partitionCount?: number

  /**
   * Copies of each partition. Another number is another topic.
   *
   * @default 3
   */
  readonly replicationFactor?: number

  /**
   * Kafka's configurations of the topic. One that is no longer named is the cluster's again.
   *
   * @default - the cluster's
   */
  readonly configs?: Readonly<Record<string, string>>

  /**
   * What becomes of the topic, with its records, when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
}

/**
 * A topic of a cluster.
 *
 * @resource Custom::FreshetTopic
 */
export class Topic extends Resource {
  readonly cluster: ICluster
  readonly topicArn: string
  readonly topicName: string

  constructor(scope: Construct, id: string, props: TopicProps) {
    super(scope, id)
    const { cluster, partitionCount = 3, replicationFactor = 3, configs = {} } = props
    const { removalPolicy = RemovalPolicy.RETAIN } = props
    if (cluster.service === undefined) {
      throw new Error(
        `The service of ${cluster.node.path} is not known: import it with fromClusterAttributes`,
      )
    }
    this.cluster = cluster
    this.topicName = props.topicName ?? Names.uniqueResourceName(this, { maxLength: 249, separator: '-' })
    checkTopicName(this.topicName)
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::FreshetTopic',
      serviceToken: cluster.service.serviceToken,
      serviceTimeout: Duration.minutes(15),
      removalPolicy,
      properties: {
        ClusterArn: cluster.clusterArn,
        TopicName: this.topicName,
        PartitionCount: wholeNumber('partitionCount', partitionCount, MAX_PARTITIONS),
        ReplicationFactor: wholeNumber('replicationFactor', replicationFactor, MAX_REPLICAS),
        Configs: configs,
      },
    })
    this.topicArn = resource.getAttString('TopicArn')
  }

  /** To consume from it, as a member of one of these groups. */
  grantRead(grantee: IGrantable, groups?: readonly string[]): Grant {
    return this.cluster.grantRead(grantee, { topics: [this.topicName], ...(groups && { groups }) })
  }

  /** To produce to it. */
  grantWrite(grantee: IGrantable): Grant {
    return this.cluster.grantWrite(grantee, { topics: [this.topicName] })
  }
}

const MAX_PARTITIONS = 100_000
const MAX_REPLICAS = 60

function checkTopicName(topicName: string): void {
  if (Token.isUnresolved(topicName) || /^[a-zA-Z0-9._-]{1,249}$/.test(topicName)) return
  throw new Error(`topicName '${topicName}': 1 to 249 letters, digits, '.', '_' and '-'`)
}

function wholeNumber(name: string, value: number, most: number): number {
  if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= 1 && value <= most)) return value
  throw new Error(`${name} ${value}: a whole number from 1 to ${most}`)
}
