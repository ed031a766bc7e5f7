import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { ICluster } from '../clusters/cluster.ts'
import type { FreshetService } from '../service/freshet-service.ts'
import { ownMetric } from './service-dashboard.ts'

export interface AlarmsProps {
  /**
   * Who is told.
   *
   * @default - nobody: alarms only show
   */
  readonly notify?: ITopic
}

/** What tells that a service itself is not well: its control plane, its custom resources, its metrics. */
export class ServiceAlarms extends Construct {
  readonly alarms: readonly cloudwatch.Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps & { readonly service: FreshetService }) {
    super(scope, id)
    const { service } = props
    const { queue } = service.customResources
    this.alarms = [
      alarm(this, 'RequestsUnanswered', {
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum' }),
        // CloudFormation waits for an hour at most.
        threshold: Duration.minutes(65).toSeconds(),
        minutes: 5,
        description: "Freshet: nobody answers CloudFormation's requests",
      }),
      alarm(this, 'MetricsDropped', {
        metric: ownMetric('MetricsDropped'),
        threshold: 0,
        minutes: 10,
        description: 'Freshet: metrics did not get to CloudWatch',
      }),
      alarm(this, 'BrokersNotMeasured', {
        metric: ownMetric('BrokersNotMeasured'),
        threshold: 0,
        minutes: 10,
        description: 'Freshet: brokers do not tell their metrics',
      }),
    ]
    notify([...this.alarms, ...service.controlPlane.alarms], props)
  }
}

/** MSK's recommended alarms for a cluster: https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html */
export class ClusterAlarms extends Construct {
  readonly alarms: readonly cloudwatch.Alarm[]

  constructor(
    scope: Construct,
    id: string,
    props: AlarmsProps & { readonly cluster: ICluster; readonly brokerIds: readonly number[] },
  ) {
    super(scope, id)
    const { cluster, brokerIds } = props
    const name = cluster.clusterName
    const ofBrokers = brokerIds.flatMap((brokerId) => [
      alarm(this, `Disk${brokerId}`, {
        metric: cluster.metricOfBroker(brokerId, 'KafkaDataLogsDiskUsed', { statistic: 'Maximum' }),
        threshold: 85,
        minutes: 5,
        description: `Kafka cluster ${name}: the volume of broker ${brokerId} is filling up`,
      }),
      alarm(this, `UnderMinIsr${brokerId}`, {
        metric: cluster.metricOfBroker(brokerId, 'UnderMinIsrPartitionCount', { statistic: 'Maximum' }),
        threshold: 0,
        minutes: 5,
        description: `Kafka cluster ${name}: partitions of broker ${brokerId} have too few replicas in sync`,
      }),
    ])
    this.alarms = [
      alarm(this, 'OfflinePartitions', {
        metric: cluster.metricOfflinePartitionsCount(),
        threshold: 0,
        minutes: 2,
        description: `Kafka cluster ${name}: partitions without a leader`,
      }),
      ...ofBrokers,
    ]
    notify(this.alarms, props)
  }
}

interface Condition {
  readonly metric: cloudwatch.Metric
  /** Alarm above it. */
  readonly threshold: number
  readonly minutes: number
  readonly description: string
}

function alarm(
  scope: Construct,
  id: string,
  { metric, threshold, minutes, description }: Condition,
): cloudwatch.Alarm {
  return new cloudwatch.Alarm(scope, id, {
    metric: metric.with({ period: Duration.minutes(1) }),
    threshold,
    evaluationPeriods: minutes,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    alarmDescription: description,
  })
}

function notify(alarms: readonly cloudwatch.Alarm[], { notify: topic }: AlarmsProps): void {
  if (topic !== undefined) for (const each of alarms) each.addAlarmAction(new SnsAction(topic))
}
