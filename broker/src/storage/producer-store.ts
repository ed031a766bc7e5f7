/** The producer states of a log together with their snapshot files. */
import type { Disk } from '../runtime/types.ts'
import { offsetFilePath, SNAPSHOT_SUFFIX } from './names.ts'
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.ts'
import { ProducerStates } from './producer-states.ts'

/** The newest for a clean start, one more in case it turns out to be torn. */
const SNAPSHOTS_KEPT = 2

export class ProducerStore {
  readonly states = new ProducerStates()
  readonly #disk: Disk
  readonly #folder: string
  /** Offsets of the snapshot files, rising. */
  #snapshots: number[]

  constructor(disk: Disk, folder: string, snapshots: number[]) {
    this.#disk = disk
    this.#folder = folder
    this.#snapshots = snapshots
  }

  get latestSnapshotOffset(): number {
    return this.#snapshots.at(-1) ?? -1
  }

  takeSnapshot(offset: number): void {
    if (this.latestSnapshotOffset === offset) return
    this.#disk.writeFile(this.#path(offset), encodeSnapshot(this.states.entries()))
    this.#snapshots.push(offset)
    while (this.#snapshots.length > SNAPSHOTS_KEPT) this.#remove(this.#snapshots.shift()!)
  }

  /**
   * Loads the newest intact snapshot that is not above `endOffset`, removing those that are above or broken.
   * Returns the offset from which the log is to be replayed, or undefined if there was no snapshot.
   */
  load(endOffset: number): number | undefined {
    this.states.clear()
    for (let offset = this.#snapshots.at(-1); offset !== undefined; offset = this.#snapshots.at(-1)) {
      if (offset <= endOffset) {
        const entries = decodeSnapshot(this.#disk.readFile(this.#path(offset)))
        if (entries !== undefined) {
          for (const entry of entries) this.states.put(entry)
          return offset
        }
      }
      this.#snapshots.pop()
      this.#remove(offset)
    }
    return undefined
  }

  /** All producers and all snapshots. */
  forget(): void {
    this.states.clear()
    for (const offset of this.#snapshots.splice(0)) this.#remove(offset)
  }

  #path(offset: number): string {
    return offsetFilePath(this.#folder, offset, SNAPSHOT_SUFFIX)
  }

  #remove(offset: number): void {
    this.#disk.remove(this.#path(offset))
  }
}
