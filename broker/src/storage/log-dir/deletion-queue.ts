/** Files and folders that were renamed out of the way and are removed after `file.delete.delay.ms`. */
import type { Disk } from '../../runtime/types.ts'

interface Deletion {
  readonly path: string
  readonly dueMs: number
}

export class DeletionQueue {
  readonly #disk: Disk
  #pending: Deletion[] = []
  #running = 0

  constructor(disk: Disk) {
    this.#disk = disk
  }

  get length(): number {
    return this.#pending.length
  }

  add(path: string, dueMs: number): void {
    this.#pending.push({ path, dueMs })
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
    }
    // What could not be removed carries the name of a deleted file, and every start removes those.
    this.#disk.removeAside(path).then(finished, finished)
  }
}
