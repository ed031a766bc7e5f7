import { CoordinationError, type CoordinationStore, type Lease } from '@freshet/coordination'
import {
  type ClusterImage,
  type Decision,
  encodeRecords,
  type ImageChange,
  InvariantError,
  METADATA_LOG,
  type MetadataRecord,
  RecordError,
  replay,
  type StoredEntry,
} from '../../cluster/index.ts'
import { type MetadataSnapshots, MetadataUnusableError } from './metadata-snapshots.ts'
import { OwnEntries } from './own-entries.ts'

const ENTRIES_PER_READ = 500
/** Stores bound the size of an entry: the records of one decision fill as many as they need. */
const RECORDS_PER_ENTRY = 1000

export interface MetadataFollowerParts {
  readonly store: CoordinationStore
  readonly image: ClusterImage
  readonly snapshots: MetadataSnapshots
  readonly onChange: (change: ImageChange) => void
  /** The image can neither be used nor followed any more; called once, and not for the first reading, which rejects. */
  readonly onUnusable: (error: Error) => void
}

/**
 * This broker's copy of the cluster's metadata: the image, kept equal to the log in the coordination store.
 * Reading and appending take turns, so that every entry is applied once and in order.
 */
export class MetadataFollower {
  readonly image: ClusterImage
  readonly #parts: MetadataFollowerParts
  readonly #ownEntries = new OwnEntries()
  #turn: Promise<unknown> = Promise.resolve()
  #hasFollowed = false
  #unusable: Error | undefined

  constructor(parts: MetadataFollowerParts) {
    this.#parts = parts
    this.image = parts.image
  }

  /** Entries from this index on that this broker appended, up to the newest of the image; none if some are of others. */
  appendedFrom(index: number): readonly StoredEntry[] {
    const entries = this.#ownEntries.from(index)
    return entries.at(-1)?.index === this.image.offset ? entries : []
  }

  /** Applies what the controller has appended, as far as it continues the image. */
  follow(entries: readonly StoredEntry[]): Promise<void> {
    return this.#inTurn(async () => {
      const [first] = entries
      if (first !== undefined && first.index <= this.image.offset + 1) this.#replay(entries)
    })
  }

  /** Applies what others appended. */
  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      for (;;) {
        const entries = await this.#read()
        this.#replay(entries)
        if (entries.length < ENTRIES_PER_READ) break
      }
      this.#hasFollowed = true
    })
  }

  /**
   * Lets `decide` choose records from the newest image, appends them, all or nothing, under the lease and applies them.
   * The store refuses them if the lease was lost or somebody else appended.
   */
  async append<Reply>(lease: Lease, decide: (image: ClusterImage) => Decision<Reply>): Promise<Reply> {
    const { store, snapshots, onChange } = this.#parts
    return this.#inTurn(async () => {
      const { records, reply } = decide(this.image)
      if (records.length === 0) return reply
      const entries = chunks(records)
      const payloads = entries.map(encodeRecords)
      const first = this.image.offset + 1
      await store.logs.append(METADATA_LOG, first, payloads, lease)
      for (const [count, payload] of payloads.entries())
        this.#ownEntries.add({ index: first + count, payload })
      this.#apply(() => {
        for (const entry of entries) onChange(this.image.apply(this.image.offset + 1, entry))
      })
      snapshots.appended(
        records.length,
        payloads.reduce((bytes, payload) => bytes + payload.byteLength, 0),
      )
      snapshots.storeIfDue(this.image, lease, (task) => this.#inTurn(task))
      return reply
    })
  }

  /** The next entries. An empty image begins with the snapshot if the log does not go back to its first entry. */
  async #read(): Promise<StoredEntry[]> {
    const { store, snapshots, onChange } = this.#parts
    try {
      return await store.logs.read(METADATA_LOG, this.image.offset + 1, ENTRIES_PER_READ)
    } catch (error) {
      if (!(error instanceof CoordinationError) || error.code !== 'LOG_TRUNCATED') throw error
      if (this.image.offset >= 0) {
        const message = `The metadata log was shortened beyond entry ${this.image.offset}, where this broker is`
        throw this.#stop(new MetadataUnusableError(message, error))
      }
    }
    const change = await snapshots.load(this.image).catch((error) => {
      throw error instanceof MetadataUnusableError ? this.#stop(error) : error
    })
    this.#apply(() => onChange(change))
    return store.logs.read(METADATA_LOG, this.image.offset + 1, ENTRIES_PER_READ)
  }

  #replay(entries: readonly StoredEntry[]): void {
    let [recordCount, sizeBytes] = [0, 0]
    const sizes = new Map(entries.map(({ index, payload }) => [index, payload.byteLength]))
    this.#apply(() => {
      replay(this.image, entries, (change, index, records) => {
        recordCount += records
        sizeBytes += sizes.get(index) ?? 0
        this.#parts.onChange(change)
      })
    })
    this.#parts.snapshots.appended(recordCount, sizeBytes)
  }

  #apply(task: () => void): void {
    try {
      task()
    } catch (error) {
      throw error instanceof InvariantError || error instanceof RecordError ? this.#stop(error) : error
    }
  }

  #stop(error: Error): Error {
    this.#unusable = error
    if (this.#hasFollowed) this.#parts.onUnusable(error)
    return error
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(() => {
      if (this.#unusable !== undefined) throw this.#unusable
      return task()
    })
    this.#turn = result.catch(() => undefined)
    return result
  }
}

function chunks(records: readonly MetadataRecord[]): (readonly MetadataRecord[])[] {
  const entries: (readonly MetadataRecord[])[] = []
  for (let first = 0; first < records.length; first += RECORDS_PER_ENTRY) {
    entries.push(records.slice(first, first + RECORDS_PER_ENTRY))
  }
  return entries
}
