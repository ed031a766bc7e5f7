/** What the metadata, over this broker's own file, sets for replication. */
import {
  type BrokerConfig,
  type ClusterImage,
  ConfigResourceType,
  configSources,
  parseTopicConfig,
} from '../cluster/index.ts'
import type { TopicSettings } from '../replication/partition/topic-settings.ts'
import { toLogConfig } from './log-config.ts'

export function topicSettings(image: ClusterImage, config: BrokerConfig, topic: string): TopicSettings {
  const parsed = parseTopicConfig(
    image.configs(ConfigResourceType.TOPIC, topic),
    configSources(image, config.staticOverrides, config.nodeId),
  )
  return {
    log: toLogConfig(parsed, config.settings['producer.id.expiration.ms']),
    minInSyncReplicas: parsed['min.insync.replicas'],
    leaderThrottledReplicas: parsed['leader.replication.throttled.replicas'],
    followerThrottledReplicas: parsed['follower.replication.throttled.replicas'],
  }
}

export function fetcherSettings({ settings }: BrokerConfig) {
  return {
    waitMsMax: settings['replica.fetch.wait.max.ms'],
    minBytes: settings['replica.fetch.min.bytes'],
    partitionBytesMax: settings['replica.fetch.max.bytes'],
    responseBytesMax: settings['replica.fetch.response.max.bytes'],
    backoffMsMax: settings['replica.fetch.backoff.ms'],
  }
}

export function replicationQuotaWindows({ settings }: BrokerConfig) {
  return {
    count: settings['replication.quota.window.num'],
    sizeMs: settings['replication.quota.window.size.seconds'] * 1000,
  }
}
