import type { BrokerPeriod } from '../../metrics/msk/period.ts'
import { rate } from '../../metrics/msk/sources.ts'
import { windowOf } from '../../metrics/msk/window.ts'
import type { BrokerCapacity } from './capacity.ts'

/** What a cluster's brokers did in a period, in brokers that are fully used. */
export interface ClusterLoad {
  readonly load: number
  /** What the busiest resource is, over all brokers: for people. */
  readonly busiest: Resource
}

export type Resource = 'CPU' | 'DISK' | 'NETWORK_IN' | 'NETWORK_OUT'

const traffic = (name: string) => rate('kafka_server_BrokerTopicMetrics_Count', { name })
const cpu = rate('process_cpu_seconds_total')
const received = [traffic('BytesInPerSec'), traffic('ReplicationBytesInPerSec')]
const sent = [traffic('BytesOutPerSec'), traffic('ReplicationBytesOutPerSec')]

export const LOAD_QUANTITIES = [cpu, ...received, ...sent].flatMap(({ quantities }) => quantities)

/**
 * Undefined while it is not known: a rate needs two readings of each broker. A broker that is silent would look like a
 * cluster with little to do, so that all of them must have spoken.
 */
export function loadOf(
  brokers: readonly BrokerPeriod[],
  brokerCount: number,
  capacity: BrokerCapacity,
): ClusterLoad | undefined {
  const used = brokers.map((broker) => usageOf(broker, capacity)).filter((usage) => usage !== undefined)
  if (used.length < brokerCount) return undefined
  const load = used.reduce((sum, usage) => sum + Math.max(...Object.values(usage)), 0)
  const totals = RESOURCES.map((resource) => used.reduce((sum, usage) => sum + usage[resource], 0))
  return { load, busiest: RESOURCES[totals.indexOf(Math.max(...totals))] ?? 'CPU' }
}

const RESOURCES: readonly Resource[] = ['CPU', 'DISK', 'NETWORK_IN', 'NETWORK_OUT']

/** Of each resource the part that is used. Everything that a broker receives it also writes. */
function usageOf(broker: BrokerPeriod, capacity: BrokerCapacity): Record<Resource, number> | undefined {
  const window = windowOf(broker)
  const cores = cpu.read(window)
  if (broker.before === undefined || cores === undefined || window.seconds <= 0) return undefined
  const sum = (sources: typeof sent) => sources.reduce((all, source) => all + (source.read(window) ?? 0), 0)
  const inBytes = sum(received)
  return {
    CPU: cores / capacity.cores,
    DISK: inBytes / capacity.diskBytesPerSec,
    NETWORK_IN: inBytes / capacity.networkBytesPerSec,
    NETWORK_OUT: sum(sent) / capacity.networkBytesPerSec,
  }
}
