import type { Topology } from '../../kafka/admin.ts'
import type { BrokerPeriod } from '../../metrics/msk/period.ts'

/** Below which a cluster must not shrink, whatever its load. */
export interface Floor {
  readonly brokers: number
  readonly reason: string
}

/** What replication, the volumes and the number of partitions ask for. */
export function floorOf(topology: Topology, brokers: readonly BrokerPeriod[]): Floor {
  const partitions = topology.topics.flatMap((topic) => topic.partitions)
  const replicas = partitions.reduce((sum, each) => sum + each.replicas.length, 0)
  const replicationFactor = partitions.reduce((most, each) => Math.max(most, each.replicas.length), 1)
  const floors: Floor[] = [
    { brokers: replicationFactor, reason: `a topic has ${replicationFactor} replicas` },
    { brokers: Math.ceil(replicas / REPLICAS_PER_BROKER), reason: `there are ${replicas} replicas` },
    volumeFloor(brokers),
  ]
  return floors.reduce((highest, floor) => (floor.brokers > highest.brokers ? floor : highest))
}

/** The smallest volume stands for all: brokers get even shares. */
function volumeFloor(brokers: readonly BrokerPeriod[]): Floor {
  const sizes = brokers.map(({ volumeSizeBytes }) => volumeSizeBytes ?? Number.POSITIVE_INFINITY)
  const smallest = Math.min(...sizes)
  const dataBytes = brokers.reduce((sum, { after }) => sum + after.dataBytes, 0)
  const gibibytes = Math.round(dataBytes / 1024 ** 3)
  return {
    brokers: Math.ceil(dataBytes / (smallest * VOLUME_SHARE_MAX)),
    reason: `${gibibytes} GiB have to fit on the volumes`,
  }
}

/** MSK's recommendation for its larger brokers. */
const REPLICAS_PER_BROKER = 4_000
/** Fuller than that nobody is to be made by shrinking. */
const VOLUME_SHARE_MAX = 0.7
