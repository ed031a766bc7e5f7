import { type ClusterView, isActive } from '../../cluster/index.ts'
import type { BrokerEpochs } from './leader-state.ts'

/** What the metadata say of the brokers' registrations; of our own this process knows best. */
export function brokerEpochs(
  cluster: ClusterView,
  brokerId: number,
  ownBrokerEpoch: () => number,
): BrokerEpochs {
  return {
    isEligible: (id, epoch) => {
      const broker = cluster.brokers.get(id)
      return isActive(broker) && (epoch < 0 || broker?.brokerEpoch === epoch)
    },
    epochOf: (id) => (id === brokerId ? ownBrokerEpoch() : (cluster.brokers.get(id)?.brokerEpoch ?? -1)),
  }
}
