import { definitions, type MetricDefinition, MONITORING_LEVELS } from '../metrics/msk/definitions.ts'
import { SERVERLESS_TOPIC_METRICS } from '../metrics/msk/points.ts'

/** docs/metrics.md, written from the definitions: `vitest run --project unit control-plane/src/metrics/msk -u`. */
export function metricsPage(): string {
  return [
    HEAD,
    ...MONITORING_LEVELS.flatMap((level) => [`### ${level}`, '', ...table(level), '']),
    `A serverless cluster has ${SERVERLESS_TOPIC_METRICS.join(', ')} (\`Cluster Name\`, \`Topic\`; the sum over its brokers)`,
    'and the consumer lag of the level DEFAULT, as on MSK.',
    '',
    TAIL,
  ].join('\n')
}

const DIMENSIONS: Record<MetricDefinition['per'], string> = {
  CLUSTER: '`Cluster Name`',
  BROKER: '`Cluster Name`, `Broker ID`',
  TOPIC: '`Cluster Name`, `Broker ID`, `Topic`',
}

function table(level: MetricDefinition['level']): string[] {
  const defined = definitions
    .filter((definition) => definition.level === level)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, unit, per, source }) => row(name, DIMENSIONS[per], unit, source.told))
  return ['| metric | dimensions | unit | from |', '|---|---|---|---|', ...defined, ...(LAGS[level] ?? [])]
}

function row(name: string, dimensions: string, unit: string, told: string): string {
  return `| ${name} | ${dimensions} | ${unit} | ${told.replaceAll(/[\w:]+\{[^}]*\}|\b\w+_\w+\b/g, '`$&`')} |`
}

const GROUP = '`Cluster Name`, `Consumer Group`, `Topic`'
const ONE = `${GROUP}, \`Partition\``
const LAGS: Partial<Record<MetricDefinition['level'], string[]>> = {
  DEFAULT: [
    `| SumOffsetLag, MaxOffsetLag | ${GROUP} | Count | committed offsets of the group's coordinator and the ends of the partitions |`,
    `| EstimatedMaxTimeLag | ${GROUP} | Seconds | the longest of the partitions: until it is consumed at the group's speed, at least as long as it stands still |`,
  ],
  PER_TOPIC_PER_PARTITION: [
    `| OffsetLag | ${ONE} | Count | as above |`,
    `| EstimatedTimeLag | ${ONE} | Seconds | as above |`,
  ],
}

const HEAD = `# Metrics

Written from the code by a test; [control-plane/src/metrics](../control-plane/src/metrics) has the definitions.

The control plane that leads asks every broker once a minute for its [metrics](../broker/README.md#metrics-and-traces)
and makes Amazon MSK's metrics of them: same names, dimensions, units and monitoring levels (UpdateMonitoring). Rates are
taken between two readings; a broker that restarted counts from zero. \`control-plane --cloudwatch Freshet/Kafka\` sends
them to CloudWatch under that namespace, which cannot be MSK's own: CloudWatch refuses custom metrics whose namespace
begins with \`AWS/\`. Requests have at most 1,000 metrics and 1 MB; what fails is tried again with growing pauses; the queue
holds 100,000 values, and what is dropped is counted.

As on MSK the name tells clusters apart, which is unique within a service. Two services of one account and region that have
clusters of one name need a namespace each; the constructs of [cdk](../cdk/README.md) have \`Freshet/Kafka\` all, so that two of
them want names of clusters that differ.

The last hour of every metric is also kept in the control plane's memory (20,000 series at most):
\`GET /freshet/v1/clusters/CLUSTER_ARN/metrics?metricName=BytesInPerSec\`, signed like the MSK API.

Reading one broker with a handful of topics costs 0.8 ms of processor time and 3 KB of memory until the next minute.

Two metrics of our own, without dimensions, tell of the measuring itself: \`MetricsDropped\` and \`BrokersNotMeasured\`.

## By monitoring level

Each level has those above it too. A topic has no metrics before its first record.
`

const TAIL = `## What is different from MSK

| metric | here |
|---|---|
| ActiveControllerCount and the other numbers of the controller | one value per cluster, instead of one per broker of which most are zero: Maximum, Average and Sum agree |
| CpuUser, CpuSystem, CpuIdle | of the one core that a broker, being one event loop, can use |
| CpuIoWait, RootDiskUsed, TcpConnections | of the machine |
| MemoryUsed | of the broker's process; the other Memory… and Swap… are the machine's |
| HeapMemoryAfterGC | of the heap of V8, after the last full collection |
| KafkaDataLogsDiskUsed | bytes of all logs, of the size of the data volume; not for single partitions of a disk |
| Network… | of the machine, without loopback: on a laptop or a shared host that of all brokers there |
| Volume… | of the block device that has the data folder: on a laptop or a shared host that of all brokers there; VolumeQueueLength is the mean of the period |
| RequestTime and the …TimeMsMean | of the first 256 requests of an API, then of every 16th |
| OffsetLag, EstimatedTimeLag | have \`Cluster Name\` too; without it two clusters would share a metric |
| consumer lag | as on MSK not for groups whose name has a colon or is not ASCII, nor while a group rebalances |

Not sent, because there is nothing that they would measure: ZooKeeperRequestLatencyMsMean, ZooKeeperSessionState,
FetchMessageConversionsPerSec, ProduceMessageConversionsPerSec (brokers never convert messages),
KafkaMemoryMappedFilesUsagePercent, KafkaAppLogsDiskUsed, CPUCreditBalance, CpuCreditUsage, Remote… (tiered storage),
IAM… and ClientConnectionCount (connections that authenticated: no listener asks for it), RebalanceInProgress,
UnderProvisioned. Nor are these:

| metric | why |
|---|---|
| RequestExemptFromThrottleTime | what is exempt is what brokers ask each other, nearly all of it fetches: FetchFollowerLocalTimeMsMean tells it |
| RollingEstimatedTimeLag, RollingEstimatedTimeLagMax | MSK's way to compute them is not described; EstimatedTimeLag and EstimatedMaxTimeLag are sent |
| BurstBalance | only EBS knows it: CloudWatch has it under \`AWS/EBS\` for each volume |
| …AllowanceExceeded, TrafficShaping | only the network driver knows them, and tells by an ioctl (\`ethtool -S\`), which Node cannot make |
`
