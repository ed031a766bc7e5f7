/** What topics are configured to be, read once for all partitions of a topic. */
import type { LogConfig } from '../../storage/index.ts'

export interface TopicSettings {
  /** Of the topic's logs: its overrides over this broker's defaults. */
  readonly log: LogConfig
  readonly minInSyncReplicas: number
  /** `leader.` and `follower.replication.throttled.replicas`: `partition:broker` each, or `*`. */
  readonly leaderThrottledReplicas: readonly string[]
  readonly followerThrottledReplicas: readonly string[]
}

/** On which sides the replication of one partition is throttled on this broker. */
export interface Throttled {
  readonly asLeader: boolean
  readonly asFollower: boolean
}

export const NOT_THROTTLED: Throttled = { asLeader: false, asFollower: false }

export function throttledOn(brokerId: number, index: number, settings: TopicSettings): Throttled {
  const isIn = (replicas: readonly string[]) =>
    replicas.includes('*') || replicas.includes(`${index}:${brokerId}`)
  const asLeader = isIn(settings.leaderThrottledReplicas)
  const asFollower = isIn(settings.followerThrottledReplicas)
  return asLeader || asFollower ? { asLeader, asFollower } : NOT_THROTTLED
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
