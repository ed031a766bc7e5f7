/** Told how many bytes there are more to read; Infinity when waiting has lost its sense (the leader changed). */
export type AdvanceWatcher = (sizeBytes: number) => void

/** The requests that wait for one partition. Most partitions have none at the moment, and no set. */
export class Watchers {
  #watchers: Set<AdvanceWatcher> | undefined

  /** The returned function ends the watching. */
  add(watcher: AdvanceWatcher): () => void {
    this.#watchers ??= new Set()
    const watchers = this.#watchers
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  get count(): number {
    return this.#watchers?.size ?? 0
  }

  notify(sizeBytes: number): void {
    if (this.#watchers === undefined || this.#watchers.size === 0) return
    for (const watcher of [...this.#watchers]) watcher(sizeBytes)
  }
}
