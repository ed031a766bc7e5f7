/** The producer states of a log together with their snapshot files. */
import type { LogContext } from '../log/log-context.ts'
import { offsetFilePath, SNAPSHOT_SUFFIX } from '../names.ts'
import type { ProducerEntry } from './producer-entry.ts'
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.ts'
import { ProducerStates } from './producer-states.ts'

/** The newest for a clean start, one more in case it turns out to be torn. */
const SNAPSHOTS_KEPT = 2
/** While the checkpoint stands still. */
const SNAPSHOTS_MAX = 16

type ProducerStoreContext = Pick<LogContext, 'disk' | 'clock' | 'deletions'>

export class ProducerStore {
  readonly states = new ProducerStates()
  readonly #context: ProducerStoreContext
  readonly #folder: string
  /** Offsets of the snapshot files, rising. */
  #snapshots: number[]

  constructor(context: ProducerStoreContext, folder: string, snapshots: number[]) {
    this.#context = context
    this.#folder = folder
    this.#snapshots = snapshots
  }

  get latestSnapshotOffset(): number {
    return this.#snapshots.at(-1) ?? -1
  }

  /** The newest at or below the checkpointed recovery point is kept too: after a power loss only that one counts. */
  takeSnapshot(offset: number, checkpoint: number): void {
    if (this.latestSnapshotOffset === offset) return
    this.#context.disk.writeFile(this.#path(offset), encodeSnapshot(this.states.entries()))
    this.#snapshots.push(offset)
    while (this.#snapshots.length > SNAPSHOTS_KEPT && this.#snapshots[1]! <= checkpoint) {
      this.#remove(this.#snapshots.shift()!)
    }
    if (this.#snapshots.length > SNAPSHOTS_MAX) this.#remove(this.#snapshots.splice(1, 1)[0]!)
  }

  /**
   * Loads the newest intact snapshot at or below `stableOffset`; where there is none, the oldest one behind it. Those
   * above `endOffset`, and broken ones, are removed. Returns the offset from which the log is to be replayed, or
   * undefined if there was no snapshot.
   */
  load(endOffset: number, stableOffset: number): number | undefined {
    this.states.clear()
    let best: { readonly offset: number; readonly entries: readonly ProducerEntry[] } | undefined
    for (const offset of this.#snapshots.toReversed()) {
      const entries =
        offset <= endOffset ? decodeSnapshot(this.#context.disk.readFile(this.#path(offset))) : undefined
      if (entries === undefined) {
        this.#snapshots.splice(this.#snapshots.indexOf(offset), 1)
        this.#remove(offset)
        continue
      }
      best = { offset, entries }
      if (offset <= stableOffset) break
    }
    if (best !== undefined) this.states.load(best.entries)
    return best?.offset
  }

  /** All producers and all snapshots. */
  forget(): void {
    this.states.clear()
    for (const offset of this.#snapshots.splice(0)) this.#remove(offset)
  }

  #path(offset: number): string {
    return offsetFilePath(this.#folder, offset, SNAPSHOT_SUFFIX)
  }

  /** Giving back a block may take a file system milliseconds, and a producer waits for this. */
  #remove(offset: number): void {
    const { disk, clock, deletions } = this.#context
    const path = this.#path(offset)
    if (disk.exists(path)) deletions.retire(path, clock.monotonic())
  }
}
