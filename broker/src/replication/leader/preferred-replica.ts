/** Which replica a consumer had better read from: one in its own rack, if any has what it wants (KIP-392). Pure. */
import type { BrokerConfig, ClusterView } from '../../cluster/index.ts'
import type { LeaderState } from './leader-state.ts'

const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** Whether consumers may be sent to followers. */
export function readersHaveChoice({ staticOverrides }: BrokerConfig): boolean {
  return staticOverrides.get('replica.selector.class') === RACK_AWARE_SELECTOR
}

/** The broker to turn to, or -1 to stay with the leader. */
export function preferredReplica(
  leader: LeaderState,
  cluster: ClusterView,
  rackId: string,
  fetchOffset: number,
): number {
  const rackOf = (brokerId: number) => cluster.brokers.get(brokerId)?.rack
  if (rackId === '' || rackOf(leader.brokerId) === rackId) return -1
  let best = -1
  let bestEndOffset = -1
  for (const { brokerId, logStartOffset, logEndOffset } of leader.replicas) {
    const canServe =
      leader.isr.includes(brokerId) &&
      cluster.brokers.get(brokerId)?.fenced === false &&
      rackOf(brokerId) === rackId &&
      logStartOffset <= fetchOffset &&
      fetchOffset <= logEndOffset
    if (canServe && logEndOffset > bestEndOffset) {
      best = brokerId
      bestEndOffset = logEndOffset
    }
  }
  return best
}
