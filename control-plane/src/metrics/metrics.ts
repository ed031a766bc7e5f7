import { setImmediate as endOfTurn } from 'node:timers/promises'
import { errorText, type Logger } from '../log.ts'
import type { Cluster } from '../model/cluster.ts'
import type { CloudWatchSender } from './cloudwatch/sender.ts'
import type { ClusterPeriod, Period } from './gatherer.ts'
import type { MetricHistory } from './history.ts'
import { MONITORING_LEVELS } from './msk/definitions.ts'
import { clusterPoints, type MeasuredCluster, type MetricPoint } from './msk/points.ts'

export interface MetricsOptions {
  readonly history: MetricHistory
  /** Absent: metrics stay here. */
  readonly sender: Pick<CloudWatchSender, 'add' | 'status'> | undefined
  readonly look: (atMs: number, clusters: readonly ClusterPeriod[]) => Promise<void>
  readonly log: Logger
}

/** What is done with each period: told as metrics, kept, sent, and looked at by whoever scales. */
export function takePeriod({ history, sender, look, log }: MetricsOptions) {
  let dropsTold = 0
  return async ({ atMs, clusters, notMeasured }: Period): Promise<void> => {
    history.keep(new Set(clusters.map(({ cluster }) => cluster.clusterUuid)))
    for (const { cluster, brokers } of clusters) {
      const points = clusterPoints(measured(cluster), brokers)
      history.add(cluster.clusterUuid, atMs, points)
      sender?.add(points, atMs)
      // A thousand clusters are more than one turn's work.
      await endOfTurn()
    }
    const dropped = (sender?.status().dropped ?? 0) + history.dropped
    sender?.add(ownPoints(dropped - dropsTold, notMeasured), atMs)
    if (dropped > dropsTold) log.error('metrics were dropped', { count: dropped - dropsTold })
    dropsTold = dropped
    await look(atMs, clusters).catch((error: unknown) => log.error('scaling', { error: errorText(error) }))
  }
}

/** About the measuring itself: a gap in the metrics shows as a number. */
function ownPoints(dropped: number, notMeasured: number): MetricPoint[] {
  const point = (name: string, value: number) => ({ name, dimensions: {}, unit: 'Count' as const, value })
  return [point('MetricsDropped', dropped), point('BrokersNotMeasured', notMeasured)]
}

function measured({ clusterName, ...cluster }: Cluster): MeasuredCluster {
  if (cluster.clusterType === 'SERVERLESS')
    return { clusterName, clusterType: 'SERVERLESS', level: 'DEFAULT' }
  const level = MONITORING_LEVELS.find((known) => known === cluster.provisioned.enhancedMonitoring)
  return { clusterName, clusterType: 'PROVISIONED', level: level ?? 'DEFAULT' }
}
