import type { Documents } from '@freshet/coordination'
import { scalingKey } from '../../model/attachments.ts'
import { Collection } from '../../model/collection.ts'
import { type EncodedLoads, LoadHistory } from './load-history.ts'

/**
 * The histories of loads of all clusters, of which each is kept beside its cluster four times an hour: a control plane
 * that takes over lacks minutes, not yesterday.
 */
export class LoadStore {
  readonly #records: Collection<KeptLoads>
  readonly #periodMs: number
  /** By cluster. */
  readonly #histories = new Map<string, { readonly kept: Kept; savedAtMs: number }>()

  constructor(documents: Documents, periodMs: number) {
    this.#records = new Collection(documents, scalingKey(''))
    this.#periodMs = periodMs
  }

  /** Adds the load of this moment. Loads are in brokers of one capacity: with another they begin anew. */
  async add(clusterUuid: string, capacity: string, atMs: number, load: number): Promise<LoadHistory> {
    const known = this.#histories.get(clusterUuid)
    const current = known?.kept.capacity === capacity ? known : await this.#read(clusterUuid, capacity, atMs)
    this.#histories.set(clusterUuid, current)
    const { loads } = current.kept
    loads.add(atMs, load)
    if (atMs - current.savedAtMs >= SAVE_MS) {
      await this.#records.put(idOf(clusterUuid), { capacity, ...loads.encode() })
      current.savedAtMs = atMs
    }
    return loads
  }

  /** Remembers no clusters but these. */
  keep(clusterUuids: ReadonlySet<string>): void {
    for (const uuid of this.#histories.keys()) if (!clusterUuids.has(uuid)) this.#histories.delete(uuid)
  }

  async #read(clusterUuid: string, capacity: string, atMs: number) {
    const loads = new LoadHistory(this.#periodMs)
    const record = await this.#records.get(idOf(clusterUuid))
    if (record?.capacity === capacity) loads.restore(record)
    return { kept: { capacity, loads }, savedAtMs: atMs }
  }
}

interface Kept {
  readonly capacity: string
  readonly loads: LoadHistory
}

interface KeptLoads extends EncodedLoads {
  readonly capacity: string
}

const SAVE_MS = 15 * 60_000

function idOf(clusterUuid: string): string {
  return `${clusterUuid}/loads`
}
