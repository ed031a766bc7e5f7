import {
  definitions,
  type MetricDefinition,
  MONITORING_LEVELS,
  type MonitoringLevel,
  type Unit,
} from './definitions.ts'
import { type GroupLag, groupLags } from './lags.ts'
import type { BrokerPeriod } from './period.ts'
import { windowOf } from './window.ts'

/** One value of one metric for one period, under MSK's name and dimensions. */
export interface MetricPoint {
  readonly name: string
  /** In CloudWatch's order. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly unit: Unit
  readonly value: number
}

export interface MeasuredCluster {
  readonly clusterName: string
  readonly clusterType: 'PROVISIONED' | 'SERVERLESS'
  readonly level: MonitoringLevel
}

/** What a cluster's brokers told, as MSK tells it at the cluster's level. */
export function clusterPoints(cluster: MeasuredCluster, brokers: readonly BrokerPeriod[]): MetricPoint[] {
  const lags = groupLags(brokers.map(({ after }) => after))
  if (cluster.clusterType === 'SERVERLESS')
    return [...serverlessPoints(cluster, brokers), ...lagPoints(cluster, lags)]
  const told = definitions.filter(({ level }) => reaches(cluster.level, level))
  return [
    ...told.flatMap((definition) => definedPoints(definition, cluster, brokers)),
    ...lagPoints(cluster, lags),
    ...(reaches(cluster.level, 'PER_TOPIC_PER_PARTITION') ? partitionLagPoints(cluster, lags) : []),
  ]
}

/** A serverless cluster's metrics: nobody sees its brokers. */
export const SERVERLESS_TOPIC_METRICS = ['BytesInPerSec', 'BytesOutPerSec', 'MessagesInPerSec']

function reaches(level: MonitoringLevel, needed: MonitoringLevel): boolean {
  return MONITORING_LEVELS.indexOf(level) >= MONITORING_LEVELS.indexOf(needed)
}

function definedPoints(
  definition: MetricDefinition,
  { clusterName }: MeasuredCluster,
  brokers: readonly BrokerPeriod[],
): MetricPoint[] {
  const { name, unit, per, source, combine } = definition
  const ofCluster = { 'Cluster Name': clusterName }
  const point = (dimensions: Record<string, string>, value: number | undefined): MetricPoint[] =>
    value === undefined ? [] : [{ name, unit, dimensions, value }]
  if (per === 'CLUSTER') {
    const values = brokers
      .map((broker) => source.read(windowOf(broker)))
      .filter((value) => value !== undefined)
    if (values.length === 0) return []
    const value = combine === 'SUM' ? sumOf(values) : Math.max(...values)
    return point(ofCluster, value)
  }
  return brokers.flatMap((broker) => {
    const dimensions = { ...ofCluster, 'Broker ID': String(broker.brokerId) }
    if (per === 'BROKER') return point(dimensions, source.read(windowOf(broker)))
    return [...broker.after.topics.keys()].flatMap((topic) =>
      point({ ...dimensions, Topic: topic }, source.read(windowOf(broker, topic))),
    )
  })
}

function serverlessPoints({ clusterName }: MeasuredCluster, brokers: readonly BrokerPeriod[]): MetricPoint[] {
  const told = definitions.filter(
    ({ per, name }) => per === 'TOPIC' && SERVERLESS_TOPIC_METRICS.includes(name),
  )
  const topics = [...new Set(brokers.flatMap(({ after }) => [...after.topics.keys()]))].sort()
  return told.flatMap(({ name, unit, source }) =>
    topics.flatMap((topic) => {
      const values = brokers
        .map((broker) => source.read(windowOf(broker, topic)))
        .filter((value) => value !== undefined)
      const dimensions = { 'Cluster Name': clusterName, Topic: topic }
      return values.length === 0 ? [] : [{ name, unit, dimensions, value: sumOf(values) }]
    }),
  )
}

function lagPoints({ clusterName }: MeasuredCluster, lags: readonly GroupLag[]): MetricPoint[] {
  return lags.flatMap(({ groupId, topic, partitions }): MetricPoint[] => {
    const dimensions = { 'Cluster Name': clusterName, 'Consumer Group': groupId, Topic: topic }
    const offsets = partitions.map(({ offsetLag }) => offsetLag)
    const seconds = Math.max(...partitions.map(({ timeLagSeconds }) => timeLagSeconds))
    return [
      { name: 'SumOffsetLag', dimensions, unit: 'Count', value: sumOf(offsets) },
      { name: 'MaxOffsetLag', dimensions, unit: 'Count', value: Math.max(...offsets) },
      { name: 'EstimatedMaxTimeLag', dimensions, unit: 'Seconds', value: seconds },
    ]
  })
}

/** MSK leaves the cluster's name out here; two clusters with groups and topics of the same names would be one. */
function partitionLagPoints({ clusterName }: MeasuredCluster, lags: readonly GroupLag[]): MetricPoint[] {
  return lags.flatMap(({ groupId, topic, partitions }) =>
    partitions.flatMap(({ partition, offsetLag, timeLagSeconds }): MetricPoint[] => {
      const dimensions = {
        'Cluster Name': clusterName,
        'Consumer Group': groupId,
        Topic: topic,
        Partition: partition,
      }
      return [
        { name: 'OffsetLag', dimensions, unit: 'Count', value: offsetLag },
        { name: 'EstimatedTimeLag', dimensions, unit: 'Seconds', value: timeLagSeconds },
      ]
    }),
  )
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
