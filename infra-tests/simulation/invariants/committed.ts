/**
 * Nobody is told of what is not committed, neither by a read nor by an acknowledgement of acks=all. The high watermark of
 * a log is what its broker has heard so far: whatever one of them told is below the highest of all, also of those that
 * have died since.
 */
import type { LogManager } from '../broker-code.ts'
import type { HistoryEvent } from '../checker/history.ts'
import type { World } from '../world/world.ts'

export class CommittedWatch {
  readonly #world: World
  /** By partition: the highest high watermark so far, of processes that are gone and logs that were opened anew too. */
  readonly #last = new Map<string, number>()
  /** Sends with acks=all that wait for their answers: the partition by operation. */
  readonly #sends = new Map<number, string>()

  constructor(world: World) {
    this.#world = world
    world.onEnd = (logs) => this.#keep(logs)
  }

  lookAt(event: HistoryEvent): string[] {
    if (event.type === 'invoke' && event.call.name === 'send' && event.call.acks === undefined)
      this.#sends.set(event.op, event.call.partition)
    if (event.type !== 'ok') return []
    const found = Object.entries(event.records ?? {}).flatMap(([partition, records]) =>
      this.#lookAtOffset('uncommitted-read', partition, records.at(-1)?.[0]),
    )
    const sentTo = this.#sends.get(event.op)
    if (sentTo === undefined) return found
    this.#sends.delete(event.op)
    return [...found, ...this.#lookAtOffset('uncommitted-ack', sentTo, event.offset)]
  }

  #lookAtOffset(name: string, partition: string, offset = -1): string[] {
    const highWatermark = this.#highWatermark(partition)
    if (offset < highWatermark) return []
    return [`${name}: offset ${offset} of ${partition}; committed is what lies before ${highWatermark}`]
  }

  #highWatermark(partition: string): number {
    const dash = partition.lastIndexOf('-')
    const [topic, index] = [partition.slice(0, dash), Number(partition.slice(dash + 1))]
    const living = this.#world.machines.map((machine) => machine.log(topic, index)?.highWatermark ?? 0)
    const highest = Math.max(this.#last.get(partition) ?? 0, ...living)
    this.#last.set(partition, highest)
    return highest
  }

  #keep(logs: LogManager): void {
    for (const { topic, partition, highWatermark } of logs.all()) {
      const name = `${topic}-${partition}`
      this.#last.set(name, Math.max(highWatermark, this.#last.get(name) ?? 0))
    }
  }
}
