/** Files and folders that were renamed out of the way and are removed after `file.delete.delay.ms`. */
import type { Disk } from '../../runtime/types.ts'
import { DELETED_SUFFIX } from '../names.ts'

interface Deletion {
  readonly path: string
  readonly dueMs: number
}

export class DeletionQueue {
  readonly #disk: Disk
  #pending: Deletion[] = []
  #running = 0
  /** Of all that waits or is being removed. */
  readonly #paths = new Set<string>()
  #nextNumber = 1

  constructor(disk: Disk) {
    this.#disk = disk
  }

  get length(): number {
    return this.#pending.length
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

  /** Starts removing up to `limit` of what is due, unless some removals are still under way. */
  run(nowMs: number, limit: number): void {
    let budget = limit - this.#running
    this.#pending = this.#pending.filter((deletion) => {
      if (deletion.dueMs > nowMs || budget <= 0) return true
      budget--
      this.#remove(deletion.path)
      return false
    })
  }

  #remove(path: string): void {
    this.#running++
    const finished = () => {
      this.#running--
      this.#paths.delete(path)
    }
    // What could not be removed carries the name of a deleted file, and every start removes those.
    this.#disk.removeAside(path).then(finished, finished)
  }
}
