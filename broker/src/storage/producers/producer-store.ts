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
  states = new ProducerStates()
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
    const { states, snapshotOffset, broken } = this.look(endOffset, stableOffset)
    this.adopt(states, endOffset)
    for (const offset of broken) this.#drop(offset)
    return snapshotOffset
  }

  /** What `load` would load: neither these states nor the files change. */
  look(endOffset: number, stableOffset: number) {
    const states = new ProducerStates()
    let best: { readonly offset: number; readonly entries: readonly ProducerEntry[] } | undefined
    const broken: number[] = []
    for (const offset of this.#snapshots.toReversed()) {
      if (offset > endOffset) continue
      const entries = decodeSnapshot(this.#context.disk.readFile(this.#path(offset)))
      if (entries === undefined) {
        broken.push(offset)
        continue
      }
      best = { offset, entries }
      if (offset <= stableOffset) break
    }
    if (best !== undefined) states.load(best.entries)
    return { states, snapshotOffset: best?.offset, broken }
  }

  /** The log ends at `endOffset` now, and these are the states of its producers there. */
  adopt(states: ProducerStates, endOffset: number): void {
    this.states = states
    for (const offset of this.#snapshots.filter((each) => each > endOffset)) this.#drop(offset)
  }

  /** All producers and all snapshots. */
  forget(): void {
    this.states = new ProducerStates()
    for (const offset of this.#snapshots.splice(0)) this.#remove(offset)
  }

  #drop(offset: number): void {
    this.#snapshots.splice(this.#snapshots.indexOf(offset), 1)
    this.#remove(offset)
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
