import { type BrokerPlace, type Cluster, withBrokers, withJoiningBrokers } from './cluster.ts'
import type { ClusterUpdate } from './operation.ts'
import { spreadOverZones } from './placement.ts'

/** A change of the number of brokers, as an operation that begins; the same for operators and for the autoscaler. */
export interface BrokerCountChange {
  readonly type: 'INCREASE_BROKER_COUNT' | 'DECREASE_BROKER_COUNT'
  readonly update: ClusterUpdate
  /** Brokers that come or go are noted together with the operation. */
  readonly prepare: <C extends Cluster>(cluster: C, nowMs: number) => C
}

/** `target` is another number than now; `zonePlaces` has one place for each zone, in which brokers are added in turn. */
export function brokerCountChange(
  cluster: Cluster,
  target: number,
  zonePlaces: readonly BrokerPlace[],
): BrokerCountChange {
  const current = cluster.brokers.length
  if (target < current) return decrease(cluster, target)
  const places = spreadOverZones(zonePlaces, target - current)
  const createdBrokerIds = places.map((_place, index) => cluster.highestBrokerId + 1 + index)
  return {
    type: 'INCREASE_BROKER_COUNT',
    update: countUpdate(cluster, target, { createdBrokerIds }),
    prepare: (newest, nowMs) => withJoiningBrokers(newest, places, nowMs),
  }
}

/** The same number from each zone, the youngest first. */
function decrease(cluster: Cluster, target: number): BrokerCountChange {
  const perZone = Map.groupBy(cluster.brokers, ({ zone }) => zone)
  const surplus = (cluster.brokers.length - target) / perZone.size
  const leaving = [...perZone.values()].flatMap((brokers) =>
    brokers
      .map(({ brokerId }) => brokerId)
      .sort((a, b) => b - a)
      .slice(0, surplus),
  )
  const deletedBrokerIds = leaving.sort((a, b) => a - b)
  return {
    type: 'DECREASE_BROKER_COUNT',
    update: countUpdate(cluster, target, { deletedBrokerIds }),
    prepare: (newest) =>
      withBrokers(newest, (broker) =>
        deletedBrokerIds.includes(broker.brokerId) ? { ...broker, membership: 'LEAVING' } : broker,
      ),
  }
}

function countUpdate(
  cluster: Cluster,
  numberOfBrokerNodes: number,
  brokerCountUpdateInfo: { createdBrokerIds?: number[]; deletedBrokerIds?: number[] },
): ClusterUpdate {
  return {
    source: { numberOfBrokerNodes: cluster.brokers.length },
    target: { numberOfBrokerNodes, brokerCountUpdateInfo },
    ...(cluster.clusterType === 'PROVISIONED' && {
      specification: { ...cluster.provisioned, numberOfBrokerNodes },
    }),
  }
}
