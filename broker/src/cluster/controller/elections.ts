/** Who leads when brokers come and go (KIP-631, KIP-966). */
import { type ClusterView, isActive, type PartitionImage } from '../image-types.ts'
import { NO_LEADER, partitionChange, type RecordOf } from '../records.ts'

type IsAlive = (brokerId: number) => boolean

/**
 * The current leader if it can go on; else the first live replica in the order of assignment that is in sync. If nobody
 * is in sync any more, an eligible one: it has every committed record too. Else nobody: a leader without all records
 * would lose some.
 */
export function electLeader(partition: PartitionImage, isAlive: IsAlive): number {
  const { leader, isr, replicas, eligibleLeaderReplicas } = partition
  if (isr.includes(leader) && isAlive(leader)) return leader
  const candidates = isr.length > 0 ? isr : eligibleLeaderReplicas
  return replicas.find((id) => candidates.includes(id) && isAlive(id)) ?? NO_LEADER
}

/** A broker stops working: it leaves each ISR in which somebody else remains, and leads nothing any more. */
export function changesWithoutBroker(view: ClusterView, brokerId: number): RecordOf<'PartitionChange'>[] {
  const isAlive = (id: number) => id !== brokerId && isActive(view.brokers.get(id))
  return changes(view, (partition) => {
    if (!partition.isr.includes(brokerId)) return undefined
    const others = partition.isr.filter((id) => id !== brokerId)
    // The last one stays: it alone is known to have all committed records.
    const isr = others.length > 0 ? others : partition.isr
    return { ...partition, isr, leader: electLeader({ ...partition, isr }, isAlive) }
  })
}

/** A broker begins to work: it leads what has no leader, if it may. Followers join the ISR later, by catching up. */
export function changesWithBroker(view: ClusterView, brokerId: number): RecordOf<'PartitionChange'>[] {
  const isAlive = (id: number) => id === brokerId || isActive(view.brokers.get(id))
  return changes(view, (partition) => {
    if (partition.leader !== NO_LEADER || !partition.replicas.includes(brokerId)) return undefined
    const leader = electLeader(partition, isAlive)
    if (leader === NO_LEADER || partition.isr.includes(leader)) return { ...partition, leader }
    const eligibleLeaderReplicas = partition.eligibleLeaderReplicas.filter((id) => id !== leader)
    return { ...partition, leader, isr: [leader], eligibleLeaderReplicas }
  })
}

export function leadsAny(view: ClusterView, brokerId: number): boolean {
  for (const { partitions } of view.topics.values()) {
    if (partitions.some(({ leader }) => leader === brokerId)) return true
  }
  return false
}

/** The records that turn partitions into what `next` says; only what differs is written. */
function changes(
  view: ClusterView,
  next: (partition: PartitionImage) => PartitionImage | undefined,
): RecordOf<'PartitionChange'>[] {
  const records: RecordOf<'PartitionChange'>[] = []
  for (const { topicId, partitions } of view.topics.values()) {
    for (const before of partitions) {
      const after = next(before)
      if (after === undefined) continue
      const { isr, leader, eligibleLeaderReplicas } = after
      const change = {
        ...(isr === before.isr ? {} : { isr }),
        ...(leader === before.leader ? {} : { leader }),
        ...(eligibleLeaderReplicas === before.eligibleLeaderReplicas ? {} : { eligibleLeaderReplicas }),
      }
      if (Object.keys(change).length > 0) records.push(partitionChange(topicId, before.partitionId, change))
    }
  }
  return records
}
