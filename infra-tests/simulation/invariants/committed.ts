/**
 * Nobody is told of what is not committed, neither by a read nor by an acknowledgement of acks=all. The high watermark of
 * a log is what its broker has heard so far: whatever one of them told is below the highest of all, also of logs that
 * are gone since, with their process or without it (a replica that was moved to another broker).
 */
import type { HistoryEvent } from '../checker/history.ts'

export interface WatchedLog {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: number
}

export interface WatchedCluster {
  readonly machines: readonly { readonly logs: { all(): readonly WatchedLog[] } | undefined }[]
}

export class CommittedWatch {
  readonly #cluster: WatchedCluster
  /** Those that were there at the last look: one that is gone since still shows what it told last. */
  #logs = new Set<WatchedLog>()
  /** By partition: the highest high watermark so far. */
  readonly #highest = new Map<string, number>()
  /** Sends with acks=all that wait for their answers: the partition by operation. */
  readonly #sends = new Map<number, string>()

  constructor(cluster: WatchedCluster) {
    this.#cluster = cluster
  }

  /** To be called so often that no log comes and goes between two looks; each event looks by itself. */
  look(): void {
    const living = new Set(this.#cluster.machines.flatMap(({ logs }) => logs?.all() ?? []))
    for (const { topic, partition, highWatermark } of new Set([...this.#logs, ...living])) {
      const name = `${topic}-${partition}`
      this.#highest.set(name, Math.max(highWatermark, this.#highest.get(name) ?? 0))
    }
    this.#logs = living
  }

  lookAt(event: HistoryEvent): string[] {
    if (event.type === 'invoke' && event.call.name === 'send' && event.call.acks === undefined)
      this.#sends.set(event.op, event.call.partition)
    if (event.type !== 'ok') return []
    const told: [name: string, partition: string, offset: number][] = Object.entries(event.records ?? {}).map(
      ([partition, records]) => ['uncommitted-read', partition, records.at(-1)?.[0] ?? -1],
    )
    const sentTo = this.#sends.get(event.op)
    this.#sends.delete(event.op)
    if (sentTo !== undefined) told.push(['uncommitted-ack', sentTo, event.offset ?? -1])
    if (told.length > 0) this.look()
    return told.flatMap(([name, partition, offset]) => {
      const highWatermark = this.#highest.get(partition) ?? 0
      if (offset < highWatermark) return []
      return [`${name}: offset ${offset} of ${partition}; committed is what lies before ${highWatermark}`]
    })
  }
}
