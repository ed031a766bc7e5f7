/** The cases that want a cluster for themselves, in the order in which they run. */
import type { ClusterCase } from './cluster-case.ts'
import { failureCases } from './failures.ts'
import { manyPartitionsCase } from './many-partitions.ts'
import { idleCase, replicatedClientCases, replicatedLatencyCase } from './replicated-load.ts'
import { rollingRestartCase } from './rolling-restart.ts'

export type { ClusterCase } from './cluster-case.ts'
export { measureOnClusters } from './measure.ts'

export function clusterCases(hasLibrdkafka: boolean): readonly ClusterCase[] {
  return [
    idleCase,
    ...(hasLibrdkafka ? replicatedClientCases : []),
    replicatedLatencyCase,
    ...failureCases,
    rollingRestartCase,
    manyPartitionsCase,
  ]
}
