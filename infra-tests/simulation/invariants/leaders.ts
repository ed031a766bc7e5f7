/**
 * What must hold of leaders from look to look: one process leads a partition in an epoch, its high watermark does not go
 * back, and whoever leads by the metadata, or is in the ISR and may lead next, has everything that was ever committed.
 */
import type { Partition } from '../broker-code.ts'
import type { Machine } from '../world/machine.ts'
import type { SeenPartition } from '../world/observer.ts'
import type { World } from '../world/world.ts'

interface Term {
  /** The broker and which life of it. */
  readonly process: string
  highWatermark: number
}

export class LeaderWatch {
  /** By partition and leader epoch. */
  readonly #terms = new Map<string, Term>()
  /** The highest high watermark of a leader, by partition. */
  readonly #committed = new Map<string, number>()

  look(world: World): string[] {
    const seen = new Map(
      world.observer.partitions().map((each) => [`${each.topicId}-${each.partitionId}`, each]),
    )
    const found: string[] = []
    for (const machine of world.machines) {
      for (const partition of machine.broker?.partitions ?? []) {
        if (!partition.leads) continue
        const key = `${partition.topicId}-${partition.index}`
        const inMetadata = seen.get(key)
        found.push(...this.#lookAtTerm(key, machine, partition))
        // Of others the metadata know better: a topic that is gone, a leader that was deposed and has not heard of it.
        if (inMetadata?.leader === machine.id && inMetadata.leaderEpoch === partition.leaderEpoch)
          found.push(...this.#lookAtCommitted(key, inMetadata, machine, partition))
      }
    }
    for (const [key, each] of seen) found.push(...this.#lookAtIsr(key, each, world))
    return found
  }

  #lookAtTerm(key: string, machine: Machine, { name, leaderEpoch, highWatermark }: Partition): string[] {
    const process = `${machine.name} (start ${machine.restarts})`
    const term = this.#terms.get(`${key}/${leaderEpoch}`)
    if (term === undefined) {
      this.#terms.set(`${key}/${leaderEpoch}`, { process, highWatermark })
      return []
    }
    if (term.process !== process)
      return [`two-leaders: ${term.process} and ${process} led ${name} in epoch ${leaderEpoch}`]
    const before = term.highWatermark
    term.highWatermark = highWatermark
    if (highWatermark >= before) return []
    return [
      `watermark-back: ${process} leads ${name} and took its high watermark from ${before} to ${highWatermark}`,
    ]
  }

  #lookAtCommitted(key: string, seen: SeenPartition, machine: Machine, partition: Partition): string[] {
    // An unclean election gives up what was committed.
    const isUnclean = seen.uncleanLeaderEpoch === seen.leaderEpoch
    const before = isUnclean ? 0 : (this.#committed.get(key) ?? 0)
    const { name, log, highWatermark } = partition
    this.#committed.set(key, Math.max(before, highWatermark))
    if (log.logEndOffset >= before || log.failure !== undefined) return []
    return [
      `committed-lost: ${machine.name} leads ${name} and ends at ${log.logEndOffset}; committed was up to ${before}`,
    ]
  }

  /** Those that are part of the cluster: another one's log is that of its former life. */
  #lookAtIsr(key: string, { topic, partitionId, isr }: SeenPartition, world: World): string[] {
    const committed = this.#committed.get(key) ?? 0
    return isr.flatMap((id) => {
      const machine = world.machine(id)
      const log = machine?.isMember === true ? machine.log(topic, partitionId) : undefined
      if (log === undefined || log.failure !== undefined || log.logEndOffset >= committed) return []
      const name = `${topic}-${partitionId}`
      return [
        `committed-missing: broker ${id} of the ISR of ${name} ends at ${log.logEndOffset}; committed was up to ${committed}`,
      ]
    })
  }
}
