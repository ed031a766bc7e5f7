import { type Cluster, specificationOf } from '../model/cluster.ts'
import { volumeSizeOf } from '../model/specification.ts'
import { LOAD_QUANTITIES } from '../scaling/capacity/load.ts'
import { definitions } from './msk/definitions.ts'
import { createReader } from './reading.ts'

/** Where a broker tells its metrics. */
export interface MetricEndpoint {
  readonly unitId: string
  readonly brokerId: number
  readonly url: string
  readonly volumeSizeBytes: number | undefined
}

export const readBroker = createReader([
  ...definitions.flatMap(({ source }) => source.quantities),
  ...LOAD_QUANTITIES,
])

/** Of all brokers that are told to run. */
export function metricEndpoints(cluster: Cluster): MetricEndpoint[] {
  return cluster.brokers.flatMap((broker) => {
    const { unitId, brokerId, address, metricsPort, desired } = broker
    if (metricsPort === undefined || address === undefined || desired !== 'RUNNING') return []
    const url = `http://${address}:${metricsPort}/metrics`
    return [{ unitId, brokerId, url, volumeSizeBytes: volumeSizeBytes(cluster, broker) }]
  })
}

function volumeSizeBytes(cluster: Cluster, broker: Cluster['brokers'][number]): number | undefined {
  if (cluster.clusterType !== 'PROVISIONED') return undefined
  const sizeGB = volumeSizeOf(specificationOf(cluster, broker), broker.volumeSizeGB)
  return sizeGB === undefined ? undefined : sizeGB * GIB
}

const GIB = 1024 ** 3
