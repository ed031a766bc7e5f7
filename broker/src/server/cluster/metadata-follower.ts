import type { CoordinationStore, Lease } from '@freshet/coordination'
import {
  type ClusterImage,
  type Decision,
  encodeRecords,
  type ImageChange,
  METADATA_LOG,
  type MetadataRecord,
  replay,
} from '../../cluster/index.ts'

const ENTRIES_PER_READ = 500
/** Stores bound the size of an entry: the records of one decision fill as many as they need. */
const RECORDS_PER_ENTRY = 1000

/**
 * This broker's copy of the cluster's metadata: the image, kept equal to the log in the coordination store.
 * Reading and appending take turns, so that every entry is applied once and in order.
 */
export class MetadataFollower {
  readonly image: ClusterImage
  readonly #store: CoordinationStore
  readonly #onChange: (change: ImageChange) => void
  #turn: Promise<unknown> = Promise.resolve()

  constructor(store: CoordinationStore, image: ClusterImage, onChange: (change: ImageChange) => void) {
    this.#store = store
    this.image = image
    this.#onChange = onChange
  }

  /** Applies what others appended. */
  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      for (;;) {
        const entries = await this.#store.logs.read(METADATA_LOG, this.image.offset + 1, ENTRIES_PER_READ)
        replay(this.image, entries, this.#onChange)
        if (entries.length < ENTRIES_PER_READ) return
      }
    })
  }

  /**
   * Lets `decide` choose records from the newest image, appends them, all or nothing, under the lease and applies them.
   * The store refuses them if the lease was lost or somebody else appended.
   */
  append<Reply>(lease: Lease, decide: (image: ClusterImage) => Decision<Reply>): Promise<Reply> {
    return this.#inTurn(async () => {
      const { records, reply } = decide(this.image)
      if (records.length === 0) return reply
      const entries = chunks(records)
      await this.#store.logs.append(METADATA_LOG, this.image.offset + 1, entries.map(encodeRecords), lease)
      for (const entry of entries) this.#onChange(this.image.apply(this.image.offset + 1, entry))
      return reply
    })
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(task)
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
