import type { VersionedDocument } from '@freshet/coordination'
import type { Cluster } from './cluster.ts'

/**
 * All clusters, read once for all who look at the same moment. Changes of this process are put into it as they are
 * made, so that one change does not cost reading a thousand clusters again; a cluster that did not change stays the
 * very same object, so that what was worked out from it stays good.
 */
export class ClusterSnapshot {
  #known: { readonly entries: ReadonlyMap<string, Entry>; readonly atMs: number } | undefined
  #clusters: readonly Cluster[] | undefined
  #loading: Promise<readonly Cluster[]> | undefined
  /** Rises with every change: what was being read meanwhile may lack it. */
  #changes = 0

  get(maxAgeMs: number, load: () => Promise<readonly Entry[]>): Promise<readonly Cluster[]> {
    const known = this.#known
    if (known && performance.now() - known.atMs < maxAgeMs) {
      this.#clusters ??= [...known.entries.values()].map(({ value }) => value).sort(byName)
      return Promise.resolve(this.#clusters)
    }
    this.#loading ??= this.#load(load)
    return this.#loading
  }

  /** A cluster was written, or is gone. */
  note(clusterName: string, entry: Entry | undefined): void {
    this.#changes++
    this.#loading = undefined
    if (!this.#known) return
    const entries = new Map(this.#known.entries)
    if (entry) entries.set(clusterName, entry)
    else entries.delete(clusterName)
    this.#known = { ...this.#known, entries }
    this.#clusters = undefined
  }

  /** Others may have changed anything. */
  drop(): void {
    this.#changes++
    this.#loading = undefined
    if (this.#known) this.#known = { ...this.#known, atMs: Number.NEGATIVE_INFINITY }
  }

  async #load(load: () => Promise<readonly Entry[]>): Promise<readonly Cluster[]> {
    const before = this.#changes
    const atMs = performance.now()
    try {
      const former = this.#known?.entries
      const entries = (await load()).map((entry) => {
        const known = former?.get(entry.value.clusterName)
        const isSame = known?.version === entry.version && known.value.clusterUuid === entry.value.clusterUuid
        return isSame ? known : entry
      })
      const clusters = entries.map(({ value }) => value)
      if (before === this.#changes) {
        this.#known = { entries: new Map(entries.map((entry) => [entry.value.clusterName, entry])), atMs }
        this.#clusters = clusters
      }
      return clusters
    } finally {
      if (before === this.#changes) this.#loading = undefined
    }
  }
}

export type Entry = Pick<VersionedDocument<Cluster>, 'value' | 'version'>

function byName(a: Cluster, b: Cluster): number {
  return a.clusterName < b.clusterName ? -1 : 1
}
