/** How one partition changes, and what must hold for it at all times. */
import { assert } from './assert.ts'
import type { PartitionImage } from './image-types.ts'
import { LeaderRecoveryState, NO_LEADER, type RecordOf } from './records.ts'

export function changedPartition(
  before: PartitionImage,
  change: RecordOf<'PartitionChange'>,
): PartitionImage {
  const leaderEpoch = before.leaderEpoch + (change.leader === null ? 0 : 1)
  const isUnclean = change.leader !== null && change.leaderRecoveryState === LeaderRecoveryState.RECOVERING
  return {
    partitionId: before.partitionId,
    replicas: change.replicas ?? before.replicas,
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    leader: change.leader ?? before.leader,
    leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState ?? before.leaderRecoveryState,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    offlineReplicas: change.offlineReplicas ?? before.offlineReplicas,
    uncleanLeaderEpoch: isUnclean ? leaderEpoch : before.uncleanLeaderEpoch,
  }
}

export function checkPartition(topicName: string, partition: PartitionImage): void {
  const name = `${topicName}-${partition.partitionId}`
  const { replicas, isr, leader, eligibleLeaderReplicas, offlineReplicas } = partition
  assert(replicas.length > 0, `${name} has no replica`)
  assert(new Set(replicas).size === replicas.length, `${name} has a replica twice`)
  assert(new Set(isr).size === isr.length, `${name} has a replica twice in its ISR`)
  assert(isSubset(isr, replicas), `${name} has a broker in its ISR that is no replica`)
  assert(leader === NO_LEADER || isr.includes(leader), `${name} has a leader outside of its ISR`)
  assert(isSubset(eligibleLeaderReplicas, replicas), `${name} has a broker in its ELR that is no replica`)
  assert(!eligibleLeaderReplicas.some((id) => isr.includes(id)), `${name} has a broker in both ISR and ELR`)
  assert(isSubset(offlineReplicas, replicas), `${name} has an offline broker that is no replica`)
  assert(!offlineReplicas.some((id) => isr.includes(id)), `${name} has an offline replica in its ISR`)
  assert(isSubset(partition.addingReplicas, replicas), `${name} adds a broker that is no replica`)
  assert(isSubset(partition.removingReplicas, replicas), `${name} removes a broker that is no replica`)
}

function isSubset(part: readonly number[], whole: readonly number[]): boolean {
  return part.every((id) => whole.includes(id))
}
