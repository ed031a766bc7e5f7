/** What topics are configured to be, read once for all partitions of a topic. */
import type { LogConfig } from '../storage/index.ts'

export interface TopicSettings {
  /** Of the topic's logs: its overrides over this broker's defaults. */
  readonly log: LogConfig
  readonly minInSyncReplicas: number
}

export class TopicSettingsCache {
  readonly #read: (topic: string) => TopicSettings
  readonly #known = new Map<string, TopicSettings>()

  constructor(read: (topic: string) => TopicSettings) {
    this.#read = read
  }

  of(topic: string): TopicSettings {
    let settings = this.#known.get(topic)
    if (settings === undefined) {
      settings = this.#read(topic)
      this.#known.set(topic, settings)
    }
    return settings
  }

  /** Something was configured anew, or a topic is gone. */
  forget(): void {
    this.#known.clear()
  }
}
