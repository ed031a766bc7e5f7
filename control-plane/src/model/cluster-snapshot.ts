import type { VersionedDocument } from '@freshet/coordination'
import type { Cluster } from './cluster.ts'

/**
 * All clusters, read once for all who look at the same moment. Changes of this process are put into it as they are
 * made, so that one change does not cost reading a thousand clusters again; a cluster that did not change stays the
 * very same object, so that what was worked out from it stays good.
 */
export class ClusterSnapshot {
  readonly #known = new Map<string, Entry>()
  #knownAtMs = Number.NEGATIVE_INFINITY
  #clusters: readonly Cluster[] | undefined
  #loading: Loading | undefined

  get(maxAgeMs: number, load: () => Promise<readonly Entry[]>): Promise<readonly Cluster[]> {
    if (performance.now() - this.#knownAtMs < maxAgeMs) {
      this.#clusters ??= [...this.#known.values()].map(({ value }) => value).sort(byName)
      return Promise.resolve(this.#clusters)
    }
    this.#loading ??= this.#begin(load)
    return this.#loading.clusters
  }

  /** A cluster was written, or is gone. */
  note(clusterName: string, entry: Entry | undefined): void {
    this.#loading?.noted.set(clusterName, entry)
    this.#put(clusterName, entry)
  }

  /** Others may have changed anything. */
  drop(): void {
    this.#loading = undefined
    this.#knownAtMs = Number.NEGATIVE_INFINITY
  }

  #begin(load: () => Promise<readonly Entry[]>): Loading {
    const noted: Loading['noted'] = new Map()
    const loading: Loading = { noted, clusters: this.#load(load, noted, () => this.#loading === loading) }
    return loading
  }

  /** `isCurrent` is false once `drop` was called: what was read may be old, and is for those who asked before only. */
  async #load(
    load: () => Promise<readonly Entry[]>,
    noted: Loading['noted'],
    isCurrent: () => boolean,
  ): Promise<readonly Cluster[]> {
    const atMs = performance.now()
    const end = () => {
      if (isCurrent()) this.#loading = undefined
    }
    const loaded = await load().catch((error: unknown) => {
      end()
      throw error
    })
    const entries = new Map(loaded.map((entry) => [entry.value.clusterName, this.#sameIfKnown(entry)]))
    // What was changed here while others were being read.
    for (const [clusterName, entry] of noted) {
      if (entry === undefined) entries.delete(clusterName)
      else if (!isLater(entries.get(clusterName), entry)) entries.set(clusterName, entry)
    }
    const clusters = [...entries.values()].map(({ value }) => value).sort(byName)
    if (isCurrent()) {
      this.#known.clear()
      for (const [clusterName, entry] of entries) this.#known.set(clusterName, entry)
      this.#knownAtMs = atMs
      this.#clusters = clusters
    }
    end()
    return clusters
  }

  #sameIfKnown(entry: Entry): Entry {
    const known = this.#known.get(entry.value.clusterName)
    const isSame = known?.version === entry.version && known.value.clusterUuid === entry.value.clusterUuid
    return isSame ? known : entry
  }

  #put(clusterName: string, entry: Entry | undefined): void {
    if (entry) this.#known.set(clusterName, entry)
    else this.#known.delete(clusterName)
    this.#clusters = undefined
  }
}

interface Loading {
  readonly clusters: Promise<readonly Cluster[]>
  /** Changes made here since it began. */
  readonly noted: Map<string, Entry | undefined>
}

export type Entry = Pick<VersionedDocument<Cluster>, 'value' | 'version'>

/** Another control plane may have changed the same cluster after this one, before it was read. */
function isLater(loaded: Entry | undefined, noted: Entry): boolean {
  return loaded?.value.clusterUuid === noted.value.clusterUuid && loaded.version > noted.version
}

function byName(a: Cluster, b: Cluster): number {
  return a.clusterName < b.clusterName ? -1 : 1
}
