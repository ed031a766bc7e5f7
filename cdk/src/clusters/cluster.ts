import { Fn, type IResource, Resource, Token } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { brokerConnections } from '../service/fleet.ts'
import type { IFreshetService } from '../service/freshet-service.ts'
import { METRIC_NAMESPACE } from '../service/names.ts'

/** A cluster of this app, or one that is imported. */
export interface ICluster extends IResource, ec2.IConnectable {
  /** @attribute */
  readonly clusterArn: string
  /** @attribute */
  readonly clusterName: string
  /** The service that has it, where that is known: topics are made by it. */
  readonly service?: IFreshetService

  /** Rights of `kafka-cluster:*` actions on the cluster itself. */
  grant(grantee: IGrantable, ...actions: string[]): Grant
  /** To connect, and to read what the cluster is. */
  grantConnect(grantee: IGrantable): Grant
  /** To consume, as a member of a group. */
  grantRead(grantee: IGrantable, scope?: ReadScope): Grant
  /** To produce, idempotently; with transactional ids in transactions too. */
  grantWrite(grantee: IGrantable, scope?: WriteScope): Grant
  /** To make, change and delete topics. */
  grantManageTopics(grantee: IGrantable, scope?: TopicScope): Grant

  /** A metric of the cluster, by MSK's name. */
  metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric
  /** A metric of one of its brokers, by MSK's name. */
  metricOfBroker(brokerId: number, metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric
  /** One, unless there is no controller. @default - maximum over a minute */
  metricActiveControllerCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric
  /** Partitions without a leader. @default - maximum over a minute */
  metricOfflinePartitionsCount(props?: cloudwatch.MetricOptions): cloudwatch.Metric
  /** How many records a group is behind in a topic. @default - maximum over a minute */
  metricSumOffsetLag(group: string, topic: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric
}

export interface TopicScope {
  /**
   * Names of topics; `*` stands for any text.
   *
   * @default - all topics
   */
  readonly topics?: readonly string[]
}

export interface ReadScope extends TopicScope {
  /**
   * Names of consumer groups; `*` stands for any text.
   *
   * @default - all groups
   */
  readonly groups?: readonly string[]
}

export interface WriteScope extends TopicScope {
  /**
   * Transactional ids; `*` stands for any text.
   *
   * @default - no transactions
   */
  readonly transactionalIds?: readonly string[]
}

/** What clusters have in common, made here or imported. */
export abstract class ClusterBase extends Resource implements ICluster {
  abstract readonly clusterArn: string
  abstract readonly clusterName: string
  abstract readonly connections: ec2.Connections

  grant(grantee: IGrantable, ...actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.clusterArn] })
  }

  grantConnect(grantee: IGrantable): Grant {
    return this.grant(grantee, 'kafka-cluster:Connect', 'kafka-cluster:DescribeCluster')
  }

  grantRead(grantee: IGrantable, { topics = ALL, groups = ALL }: ReadScope = {}): Grant {
    return this.grantConnect(grantee)
      .combine(this.#grantOn(grantee, 'topic', topics, ['DescribeTopic', 'ReadData']))
      .combine(this.#grantOn(grantee, 'group', groups, ['DescribeGroup', 'AlterGroup']))
  }

  grantWrite(grantee: IGrantable, { topics = ALL, transactionalIds = [] }: WriteScope = {}): Grant {
    const written = this.grantConnect(grantee)
      .combine(this.grant(grantee, 'kafka-cluster:WriteDataIdempotently'))
      .combine(this.#grantOn(grantee, 'topic', topics, ['DescribeTopic', 'WriteData']))
    if (transactionalIds.length === 0) return written
    const actions = ['DescribeTransactionalId', 'AlterTransactionalId']
    return written.combine(this.#grantOn(grantee, 'transactional-id', transactionalIds, actions))
  }

  grantManageTopics(grantee: IGrantable, { topics = ALL }: TopicScope = {}): Grant {
    const actions = [
      'CreateTopic',
      'DescribeTopic',
      'AlterTopic',
      'DeleteTopic',
      'DescribeTopicDynamicConfiguration',
      'AlterTopicDynamicConfiguration',
    ]
    return this.grantConnect(grantee).combine(this.#grantOn(grantee, 'topic', topics, actions))
  }

  metric(metricName: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.#metric(metricName, {}, props)
  }

  metricOfBroker(brokerId: number, metricName: string, props: cloudwatch.MetricOptions = {}) {
    return this.#metric(metricName, { 'Broker ID': String(brokerId) }, props)
  }

  metricActiveControllerCount(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('ActiveControllerCount', { statistic: cloudwatch.Stats.MAXIMUM, ...props })
  }

  metricOfflinePartitionsCount(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('OfflinePartitionsCount', { statistic: cloudwatch.Stats.MAXIMUM, ...props })
  }

  metricSumOffsetLag(group: string, topic: string, props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    const dimensions = { 'Consumer Group': group, Topic: topic }
    return this.#metric('SumOffsetLag', dimensions, { statistic: cloudwatch.Stats.MAXIMUM, ...props })
  }

  #metric(metricName: string, dimensions: Record<string, string>, props: cloudwatch.MetricOptions) {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { 'Cluster Name': this.clusterName, ...dimensions },
      ...props,
    }).attachTo(this)
  }

  #grantOn(grantee: IGrantable, kind: string, names: readonly string[], actions: readonly string[]): Grant {
    // Region and account are the cluster's own, whatever the stack's.
    const [before = '', path = ''] = Fn.split(':cluster/', this.clusterArn, 2)
    const resourceArns = names.map((each) => `${before}:${kind}/${path}/${each}`)
    return Grant.addToPrincipal({
      grantee,
      actions: actions.map((action) => `kafka-cluster:${action}`),
      resourceArns,
    })
  }
}

export interface ClusterAttributes {
  /** arn:aws:kafka:region:account:cluster/name/uuid */
  readonly clusterArn: string

  /**
   * The security group of its brokers.
   *
   * @default - none: its connections cannot be changed
   */
  readonly securityGroup?: ec2.ISecurityGroup

  /**
   * The service that has it.
   *
   * @default - none: no topics can be made
   */
  readonly service?: IFreshetService
}

/** A cluster that is not of this app. */
export function importCluster(scope: Construct, id: string, attributes: ClusterAttributes): ICluster {
  const { clusterArn, securityGroup, service } = attributes
  const clusterName = nameIn(clusterArn)
  class Import extends ClusterBase {
    readonly clusterArn = clusterArn
    readonly clusterName = clusterName

    get connections(): ec2.Connections {
      if (service !== undefined) return service.brokers.connections
      if (securityGroup !== undefined) return brokerConnections(securityGroup)
      throw new Error(
        `The security group of ${this.node.path} is not known: import it with fromClusterAttributes`,
      )
    }
  }
  const imported = new Import(scope, id)
  return service === undefined ? imported : Object.assign(imported, { service })
}

const ALL: readonly string[] = ['*']

/** Of arn:…:cluster/name/uuid, which may be known only to CloudFormation. */
function nameIn(clusterArn: string): string {
  if (Token.isUnresolved(clusterArn)) return Fn.select(1, Fn.split('/', clusterArn))
  const [, name] = /^arn:[\w-]+:kafka:[\w-]+:\d{12}:cluster\/([^/]+)\/[^/]+$/.exec(clusterArn) ?? []
  if (name === undefined) throw new Error(`${clusterArn} is no ARN of a cluster`)
  return name
}
