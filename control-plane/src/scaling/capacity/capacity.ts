import type { Cluster } from '../../model/cluster.ts'

/** What one broker can carry, and what it costs. */
export interface BrokerCapacity {
  /** A broker is one event loop: more cores than one are of use to other brokers only. */
  readonly cores: number
  readonly diskBytesPerSec: number
  /** In each direction. */
  readonly networkBytesPerSec: number
  readonly pricePerHour: number
}

export function capacityOf(cluster: Cluster): BrokerCapacity {
  return cluster.clusterType === 'SERVERLESS'
    ? SERVERLESS_CAPACITY
    : capacityOfType(cluster.provisioned.brokerNodeGroupInfo.instanceType)
}

/**
 * Of a broker type, from what EC2 promises for good (not in bursts) of an m7g of that size; other families are close.
 * Prices are MSK's list prices in us-east-1: they compare fleets of different sizes.
 */
export function capacityOfType(instanceType: string): BrokerCapacity {
  const [tier, family, size = 'large'] = instanceType.split('.')
  if (family === 't3') return T3_SMALL
  const larges = largesIn(size)
  return {
    cores: 1,
    diskBytesPerSec: Math.min(LARGE.diskBytesPerSec * larges, VOLUME_BYTES_PER_SEC),
    networkBytesPerSec: LARGE.networkBytesPerSec * larges,
    pricePerHour: LARGE.pricePerHour * larges * (tier === 'express' ? 2 : 1),
  }
}

/** `large`, `xlarge`, `2xlarge` and so on: each twice the one before, or as many as it says. */
function largesIn(size: string): number {
  const [, multiple] = /^(\d+)xlarge$/.exec(size) ?? []
  if (multiple !== undefined) return 2 * Number(multiple)
  return size === 'xlarge' ? 2 : 1
}

const LARGE = { diskBytesPerSec: 78.75e6, networkBytesPerSec: 117e6, pricePerHour: 0.204 }
/** Without provisioned throughput. */
const VOLUME_BYTES_PER_SEC = 250 * 1024 ** 2
const T3_SMALL = { cores: 0.4, diskBytesPerSec: 21.75e6, networkBytesPerSec: 16e6, pricePerHour: 0.0456 }

/** An eighth of a shared host (m7g.xlarge): it carries twenty brokers, since few of them are busy at a time. */
const SERVERLESS_CAPACITY = {
  cores: 0.5,
  diskBytesPerSec: 19.7e6,
  networkBytesPerSec: 29e6,
  pricePerHour: 0.0204,
}
