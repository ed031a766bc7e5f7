/** Reads the cluster's metadata log as nobody in the cluster can: at once, and without ever failing. */
import type { CoordinationStore } from '@freshet/coordination'
import { ClusterImage, METADATA_LOG, type PartitionImage, replay } from '../broker-code.ts'

const ENTRIES_PER_READ = 1000

export interface SeenPartition extends PartitionImage {
  readonly topic: string
}

export class Observer {
  readonly image = new ClusterImage()
  readonly #store: CoordinationStore

  constructor(store: CoordinationStore) {
    this.#store = store
  }

  async look(): Promise<void> {
    for (;;) {
      const entries = await this.#store.logs.read(METADATA_LOG, this.image.offset + 1, ENTRIES_PER_READ)
      replay(this.image, entries, () => {})
      if (entries.length < ENTRIES_PER_READ) return
    }
  }

  partitions(): SeenPartition[] {
    return [...this.image.topics.values()].flatMap((topic) =>
      topic.partitions.map((partition) => ({ ...partition, topic: topic.name })),
    )
  }
}
