import { type Linked, LinkedList, UNLINKED } from '../linked-list.ts'

/** Told how many bytes there are more to read; Infinity when waiting has lost its sense (the leader changed). */
export type AdvanceWatcher = (sizeBytes: number) => void

interface Waiting extends Linked<Waiting> {
  readonly watcher: AdvanceWatcher
}

/** The requests that wait for one partition. Most partitions have none at the moment, and no list. */
export class Watchers {
  #watchers: LinkedList<Waiting> | undefined

  /** The returned function ends the watching. */
  add(watcher: AdvanceWatcher): () => void {
    this.#watchers ??= new LinkedList()
    const watchers = this.#watchers
    const waiting: Waiting = { watcher, ...UNLINKED }
    watchers.push(waiting)
    return () => {
      watchers.remove(waiting)
    }
  }

  get count(): number {
    return this.#watchers?.size ?? 0
  }

  notify(sizeBytes: number): void {
    if (this.count === 0) return
    for (const { watcher } of this.#watchers?.toArray() ?? []) watcher(sizeBytes)
  }
}
