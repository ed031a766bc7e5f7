/** What must hold of the replicas at any moment, as nobody inside the cluster can see it. */
import { ConfigResourceType, type PartitionLog } from '../broker-code.ts'
import type { World } from '../world/world.ts'
import { type Batch, readBatches } from './read-batches.ts'

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
    // Each replica compacts its own log, in its own time.
    if (isCompacted(world, topic)) return []
    const name = `${topic}-${partitionId}`
    const found: string[] = []
    const copies: Copy[] = []
    for (const brokerId of replicas) {
      const log = logOf(world, brokerId, topic, partitionId)
      if (log === undefined) continue
      try {
        copies.push({ brokerId, log, batches: readBatches(log) })
      } catch (error) {
        found.push(`unreadable-log: ${name} on broker ${brokerId}: ${error}`)
      }
    }
    const [first, ...others] = copies
    if (first === undefined) return found
    for (const copy of copies) found.push(...gapsIn(name, copy))
    for (const other of others) found.push(...differences(name, first, other))
    return found
  })
}

function isCompacted(world: World, topic: string): boolean {
  const policy = world.observer.image.configs(ConfigResourceType.TOPIC, topic).get('cleanup.policy')
  return policy?.includes('compact') ?? false
}

interface Copy {
  readonly brokerId: number
  readonly log: PartitionLog
  readonly batches: readonly Batch[]
}

/** From the start of the log to the high watermark, one offset after the other. */
function gapsIn(name: string, { brokerId, log, batches }: Copy): string[] {
  let next = log.logStartOffset
  for (const { baseOffset, lastOffset } of batches) {
    // The first batch may begin before the start of the log.
    if (baseOffset > next) return [`gap: ${name} on broker ${brokerId} between ${next} and ${baseOffset}`]
    next = lastOffset + 1
  }
  if (next >= log.highWatermark) return []
  return [`gap: ${name} on broker ${brokerId} ends at ${next}, below its high watermark ${log.highWatermark}`]
}

function differences(name: string, one: Copy, other: Copy): string[] {
  const from = Math.max(one.log.logStartOffset, other.log.logStartOffset)
  const upTo = Math.min(one.log.highWatermark, other.log.highWatermark)
  const known = new Map(one.batches.map((batch) => [batch.baseOffset, batch]))
  const differing = other.batches.find(({ baseOffset, lastOffset, bytes }) => {
    if (baseOffset < from || lastOffset >= upTo) return false
    return known.get(baseOffset)?.bytes.equals(bytes) !== true
  })
  if (differing === undefined) return []
  const brokers = `${one.brokerId} and ${other.brokerId}`
  return [`logs-differ: ${name} at offset ${differing.baseOffset} on brokers ${brokers}`]
}

/** Only of brokers that are part of the cluster: the log of another one is that of its former life. */
function logOf(world: World, brokerId: number, topic: string, partition: number): PartitionLog | undefined {
  const machine = world.machine(brokerId)
  return machine?.isMember === true ? machine.logs?.get(topic, partition) : undefined
}
