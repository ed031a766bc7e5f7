/** What a topic's configuration says about its logs, as the storage wants it. */
import type { TopicConfig } from '../cluster/index.ts'
import type { LogConfig } from '../storage/index.ts'

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
