/** The configuration of one topic as the broker uses it, and as the storage does. */
import type { ConfigOverrides } from '../image-types.ts'
import type { ConfigDefinition } from './definition.ts'
import { parseValue } from './definition.ts'
import { type BrokerConfigSources, resolveTopicConfig } from './resolve.ts'
import { TOPIC_CONFIGS, type TopicConfig, topicConfigNames } from './topic-definitions.ts'

/** What a log needs to know. Infinity where Kafka writes Long.MAX_VALUE. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly indexIntervalBytes: number
  readonly segmentIndexBytes: number
  /** -1 for no limit. */
  readonly retentionBytes: number
  /** -1 for no limit. */
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Both false: everything is kept. */
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
  readonly flushMessages: number
  readonly flushMs: number
  readonly fileDeleteDelayMs: number
  readonly producerIdExpirationMs: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number
  readonly compressionType: TopicConfig['compression.type']
  /** Of that compression; undefined where it has none. */
  readonly compressionLevel: number | undefined
}

export function parseTopicConfig(overrides: ConfigOverrides, sources: BrokerConfigSources): TopicConfig {
  const values: Record<string, unknown> = {}
  for (const name of topicConfigNames()) {
    const definition: ConfigDefinition = TOPIC_CONFIGS[name]
    values[name] = parseValue(name, definition, resolveTopicConfig(name, overrides, sources).value)
  }
  return values as TopicConfig
}

export function toLogConfig(config: TopicConfig, producerIdExpirationMs: number): LogConfig {
  return {
    segmentBytes: config['segment.bytes'],
    segmentMs: config['segment.ms'],
    segmentJitterMs: config['segment.jitter.ms'],
    indexIntervalBytes: config['index.interval.bytes'],
    segmentIndexBytes: config['segment.index.bytes'],
    // As in Kafka, any negative size means no limit.
    retentionBytes: Math.max(config['retention.bytes'], -1),
    retentionMs: config['retention.ms'],
    maxMessageBytes: config['max.message.bytes'],
    messageTimestampType: config['message.timestamp.type'],
    timestampBeforeMaxMs: config['message.timestamp.before.max.ms'],
    timestampAfterMaxMs: config['message.timestamp.after.max.ms'],
    cleanupPolicy: {
      delete: config['cleanup.policy'].includes('delete'),
      compact: config['cleanup.policy'].includes('compact'),
    },
    flushMessages: config['flush.messages'],
    flushMs: config['flush.ms'],
    fileDeleteDelayMs: config['file.delete.delay.ms'],
    producerIdExpirationMs,
    deleteRetentionMs: config['delete.retention.ms'],
    minCompactionLagMs: config['min.compaction.lag.ms'],
    maxCompactionLagMs: config['max.compaction.lag.ms'],
    minCleanableDirtyRatio: config['min.cleanable.dirty.ratio'],
    compressionType: config['compression.type'],
    compressionLevel: compressionLevel(config),
  }
}

function compressionLevel(config: TopicConfig): number | undefined {
  switch (config['compression.type']) {
    case 'gzip':
      return config['compression.gzip.level']
    case 'zstd':
      return config['compression.zstd.level']
    default:
      return undefined
  }
}
