/** What must hold of the replicas at any moment, as nobody inside the cluster can see it. */
import type { PartitionLog } from '../broker-code.ts'
import type { World } from '../world/world.ts'
import { readBatches } from './read-batches.ts'

/** Replicas in sync hold everything below the high watermark that their leader gives to clients. */
export function laggingReplicas(world: World): string[] {
  const found: string[] = []
  for (const { topic, partitionId, leader, leaderEpoch, isr } of world.observer.partitions()) {
    const leaderLog = logOf(world, leader, topic, partitionId)
    if (leaderLog === undefined || leaderLog.latestLeaderEpoch !== leaderEpoch) continue
    for (const brokerId of isr) {
      const log = logOf(world, brokerId, topic, partitionId)
      if (log === undefined || log.logEndOffset >= leaderLog.highWatermark) continue
      found.push(
        `isr-behind: broker ${brokerId} of the ISR of ${topic}-${partitionId} ends at ${log.logEndOffset}, ` +
          `the leader ${leader} serves up to ${leaderLog.highWatermark}`,
      )
    }
  }
  return found
}

/** Below every high watermark all replicas are equal, byte for byte, and offsets have no gap. */
export function differingReplicas(world: World): string[] {
  return world.observer.partitions().flatMap(({ topic, partitionId, replicas }) => {
    const found: string[] = []
    const logs = replicas.flatMap((brokerId) => {
      const log = logOf(world, brokerId, topic, partitionId)
      if (log === undefined) return []
      try {
        return [{ brokerId, batches: readBatches(log) }]
      } catch (error) {
        found.push(`unreadable-log: ${topic}-${partitionId} on broker ${brokerId}: ${error}`)
        return []
      }
    })
    const [first, ...others] = logs
    if (first === undefined) return found
    const gap = first.batches.find(({ baseOffset }, index) => {
      const before = first.batches[index - 1]
      return before !== undefined && before.lastOffset + 1 !== baseOffset
    })
    if (gap !== undefined) found.push(`gap: ${topic}-${partitionId} before offset ${gap.baseOffset}`)
    for (const other of others) {
      const known = new Map(first.batches.map((batch) => [batch.baseOffset, batch]))
      const differing = other.batches.find(({ baseOffset, bytes }) => {
        const same = known.get(baseOffset)
        return same !== undefined && !same.bytes.equals(bytes)
      })
      if (differing === undefined) continue
      found.push(
        `logs-differ: ${topic}-${partitionId} at offset ${differing.baseOffset} on brokers ${first.brokerId} and ${other.brokerId}`,
      )
    }
    return found
  })
}

/** Only of brokers that are part of the cluster: the log of another one is that of its former life. */
function logOf(world: World, brokerId: number, topic: string, partition: number): PartitionLog | undefined {
  const machine = world.machine(brokerId)
  return machine?.isMember === true ? machine.logs?.get(topic, partition) : undefined
}
