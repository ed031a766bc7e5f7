/**
 * What must hold of logs that retention shortens, on every broker: a log's start never goes back, and what
 * `retention.bytes` keeps on the leader is kept.
 */
import type { PartitionLog } from '../broker-code.ts'
import type { World } from '../world/world.ts'

export class RetentionWatch {
  readonly #topic: string
  /** Undefined if size protects nothing. */
  readonly #retentionBytes: number | undefined
  /** Where logs began; one that was opened anew is another one. */
  readonly #starts = new WeakMap<PartitionLog, { offset: number; sizeBytes: number; led: boolean }>()

  constructor(topic: string, retentionBytes: number | undefined) {
    this.#topic = topic
    this.#retentionBytes = retentionBytes
  }

  look(world: World): string[] {
    const found: string[] = []
    for (const machine of world.machines) {
      for (const partition of machine.broker?.partitions ?? []) {
        if (partition.topic !== this.#topic) continue
        const log = machine.log(partition.topic, partition.index)
        if (log === undefined || log.failure !== undefined) continue
        found.push(...this.#lookAt(`${partition.name} on ${machine.name}`, log, partition.leads))
      }
    }
    return found
  }

  #lookAt(name: string, log: PartitionLog, leads: boolean): string[] {
    const { logStartOffset, sizeBytes } = log
    const before = this.#starts.get(log)
    this.#starts.set(log, { offset: logStartOffset, sizeBytes, led: leads })
    if (before === undefined || logStartOffset === before.offset) return []
    if (logStartOffset < before.offset)
      return [`log-start-back: ${name} began at ${before.offset} and begins at ${logStartOffset}`]
    // A follower goes by where its leader's log begins.
    const keeps = leads && before.led ? Math.min(this.#retentionBytes ?? 0, before.sizeBytes) : 0
    if (sizeBytes >= keeps) return []
    return [
      `deleted-too-much: ${name} has ${sizeBytes} bytes left, of ${before.sizeBytes}; ${keeps} are kept`,
    ]
  }
}
