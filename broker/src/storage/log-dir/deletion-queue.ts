/** Files and folders that were renamed out of the way and are removed after `file.delete.delay.ms`. */
import type { Disk } from '../../runtime/types.ts'
import { DELETED_SUFFIX } from '../names.ts'

interface Deletion {
  readonly path: string
  readonly dueMs: number
}

/** The file system works on so many at a time: syncs and compression want Node's four threads, too. */
const REMOVALS_MAX = 2

export class DeletionQueue {
  readonly #disk: Disk
  #pending: Deletion[] = []
  /** What is due and not begun, the last one first. */
  #due: Deletion[] = []
  #running = 0
  /** Of all that waits or is being removed. */
  readonly #paths = new Set<string>()
  #nextNumber = 1

  constructor(disk: Disk) {
    this.#disk = disk
  }

  add(path: string, dueMs: number): void {
    this.#paths.add(path)
    this.#pending.push({ path, dueMs })
  }

  /**
   * Renames a file to `.deleted`, which takes it out of its log at once; the space comes back later. A name that waits
   * already is not used again: the rename would free the blocks of the file behind it, here and now.
   */
  retire(path: string, dueMs: number): void {
    const usual = path + DELETED_SUFFIX
    const retired = this.#paths.has(usual) ? `${path}.${this.#nextNumber++}${DELETED_SUFFIX}` : usual
    this.#disk.rename(path, retired)
    this.add(retired, dueMs)
  }

  /** Begins to remove all that is due: one after the other, without waiting to be called again. */
  run(nowMs: number): void {
    if (!this.#pending.some(({ dueMs }) => dueMs <= nowMs)) return
    const due = this.#pending.filter(({ dueMs }) => dueMs <= nowMs)
    this.#pending = this.#pending.filter(({ dueMs }) => dueMs > nowMs)
    this.#due = [...due.reverse(), ...this.#due]
    while (this.#running < REMOVALS_MAX && this.#due.length > 0) this.#removeNext()
  }

  #removeNext(): void {
    const next = this.#due.pop()
    if (next === undefined) return
    const { path } = next
    this.#running++
    const finished = () => {
      this.#running--
      this.#paths.delete(path)
      this.#removeNext()
    }
    // What could not be removed carries the name of a deleted file, and every start removes those.
    this.#disk.removeAside(path).then(finished, finished)
  }
}
