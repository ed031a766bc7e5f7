import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { FreshetService } from '../service/freshet-service.ts'
import { METRIC_NAMESPACE } from '../service/names.ts'

/** What the clusters of a service do, whichever there are, in MSK's metrics. */
export class ServiceDashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard

  constructor(scope: Construct, id: string, { service }: { readonly service: FreshetService }) {
    super(scope, id)
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(3) })
    this.dashboard.addWidgets(...ROWS.map(graph))
    this.dashboard.addWidgets(
      new cloudwatch.GraphWidget({
        title: "CloudFormation's requests: age of the oldest",
        width: WIDTH,
        left: [service.customResources.queue.metricApproximateAgeOfOldestMessage()],
      }),
      new cloudwatch.GraphWidget({
        title: 'Metrics that were lost',
        width: WIDTH,
        left: [ownMetric('MetricsDropped'), ownMetric('BrokersNotMeasured')],
      }),
    )
  }
}

/** A metric of the service itself. */
export function ownMetric(metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    statistic: cloudwatch.Stats.MAXIMUM,
    period: Duration.minutes(1),
  })
}

const WIDTH = 12
const CLUSTER = ['Cluster Name']
const BROKER = [...CLUSTER, 'Broker ID']

interface Row {
  readonly title: string
  readonly metricName: string
  readonly dimensions: readonly string[]
  readonly statistic: string
}

const ROWS: readonly Row[] = [
  { title: 'Bytes in', metricName: 'BytesInPerSec', dimensions: [...BROKER, 'Topic'], statistic: 'Sum' },
  { title: 'Bytes out', metricName: 'BytesOutPerSec', dimensions: [...BROKER, 'Topic'], statistic: 'Sum' },
  { title: 'Messages in', metricName: 'MessagesInPerSec', dimensions: BROKER, statistic: 'Average' },
  { title: 'Connections', metricName: 'ConnectionCount', dimensions: BROKER, statistic: 'Maximum' },
  { title: 'CPU of brokers, %', metricName: 'CpuUser', dimensions: BROKER, statistic: 'Average' },
  {
    title: 'Data volumes, % used',
    metricName: 'KafkaDataLogsDiskUsed',
    dimensions: BROKER,
    statistic: 'Maximum',
  },
  {
    title: 'Partitions without a leader',
    metricName: 'OfflinePartitionsCount',
    dimensions: CLUSTER,
    statistic: 'Maximum',
  },
  {
    title: 'Partitions with too few replicas in sync',
    metricName: 'UnderMinIsrPartitionCount',
    dimensions: BROKER,
    statistic: 'Maximum',
  },
  {
    title: 'Lag of consumer groups, records',
    metricName: 'SumOffsetLag',
    dimensions: [...CLUSTER, 'Consumer Group', 'Topic'],
    statistic: 'Maximum',
  },
]

function graph({ title, metricName, dimensions, statistic }: Row): cloudwatch.GraphWidget {
  const schema = [METRIC_NAMESPACE, ...dimensions.map((name) => (name.includes(' ') ? `"${name}"` : name))]
  const search = `SEARCH('{${schema.join(',')}} MetricName="${metricName}"', '${statistic}', 60)`
  // The label is the dimensions' values; CDK would ask for ids of metrics that a search does not have.
  const left = [new cloudwatch.MathExpression({ expression: search, usingMetrics: {}, label: '' })]
  return new cloudwatch.GraphWidget({ title, width: WIDTH, left })
}
