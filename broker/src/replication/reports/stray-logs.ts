import type { ClusterView } from '../../cluster/index.ts'
import type { LogManager } from '../../storage/index.ts'
import type { Logger } from '../../telemetry/logger.ts'

export interface StrayLogsParts {
  readonly brokerId: number
  readonly cluster: ClusterView
  readonly logs: LogManager
  readonly logger: Logger
}

/** Logs whose topic the metadata does not know stay where they are: a lost metadata log must not cost records too. */
export function reportStrayLogs({ brokerId, cluster, logs, logger }: StrayLogsParts): void {
  for (const { topic, partition } of logs.all()) {
    const image = cluster.topics.get(topic)?.partitions[partition]
    if (image?.replicas.includes(brokerId)) continue
    logger.warn('a log of an unknown topic is left alone', { partition: `${topic}-${partition}` })
  }
}
