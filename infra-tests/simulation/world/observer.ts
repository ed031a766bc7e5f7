/** Reads the cluster's metadata log as nobody in the cluster can: at once, and without ever failing. */
import { CoordinationError, type CoordinationStore } from '@freshet/coordination'
import {
  ClusterImage,
  METADATA_LOG,
  MetadataSnapshots,
  type PartitionImage,
  replay,
  type Timers,
} from '../broker-code.ts'

const ENTRIES_PER_READ = 1000

export interface SeenPartition extends PartitionImage {
  readonly topic: string
  readonly topicId: string
}

export class Observer {
  image = new ClusterImage()
  readonly #store: CoordinationStore
  readonly #snapshots: MetadataSnapshots

  constructor(store: CoordinationStore, timers: Timers) {
    this.#store = store
    const policy = { maxRecords: Infinity, maxBytes: Infinity }
    const ignore = () => {}
    const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
    this.#snapshots = new MetadataSnapshots({ store, policy, timers, logger })
  }

  async look(): Promise<void> {
    for (;;) {
      const entries = await this.#read()
      replay(this.image, entries, () => {})
      if (entries.length < ENTRIES_PER_READ) return
    }
  }

  /** What was forgotten of the log between two looks is in the snapshot. */
  async #read() {
    const { logs } = this.#store
    try {
      return await logs.read(METADATA_LOG, this.image.offset + 1, ENTRIES_PER_READ)
    } catch (error) {
      if (!(error instanceof CoordinationError) || error.code !== 'LOG_TRUNCATED') throw error
      const image = new ClusterImage()
      await this.#snapshots.load(image)
      this.image = image
      return await logs.read(METADATA_LOG, image.offset + 1, ENTRIES_PER_READ)
    }
  }

  partitions(): SeenPartition[] {
    return [...this.image.topics.values()].flatMap((topic) =>
      topic.partitions.map((partition) => ({ ...partition, topic: topic.name, topicId: topic.topicId })),
    )
  }
}
