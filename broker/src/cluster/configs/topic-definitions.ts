/**
 * All topic configurations of Apache Kafka 4.3. Each default comes from the broker's synonym, if that is set
 * (`log.retention.ms` for `retention.ms`, and so on).
 */
import {
  bool,
  type ConfigDefinition,
  double,
  gzipLevel,
  int,
  LONG_MAX,
  list,
  long,
  replicaList,
  string,
  type Value,
} from './definition.ts'

export const TOPIC_CONFIGS = {
  'cleanup.policy': list({
    default: 'delete',
    oneOf: ['compact', 'delete'],
    doc:
      'What happens to old segments: "delete" discards them by time and size, "compact" keeps the newest record of ' +
      'each key, both do both, empty keeps everything.',
  }),
  'compression.type': string({
    default: 'producer',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    doc: 'How batches are stored; "producer" keeps them as the producer compressed them.',
  }),
  'compression.gzip.level': gzipLevel(compressionLevel('gzip', '-1')),
  'compression.lz4.level': int({
    ...compressionLevel('lz4', '9'),
    min: 1,
    max: 17,
    unavailable: onlyLz4Level,
  }),
  'compression.zstd.level': int({ ...compressionLevel('zstd', '3'), min: -131072, max: 22 }),
  'delete.retention.ms': long({
    default: '86400000',
    min: 0,
    doc: 'How long the deletion of a key stays visible in a compacted topic.',
  }),
  'file.delete.delay.ms': long({
    default: '60000',
    min: 0,
    doc: 'How long a discarded file stays on the disk.',
  }),
  'flush.messages': long({
    default: LONG_MAX,
    min: 1,
    doc: 'Records are forced to the disk (fsync) after this many; 1 means that a record counts only once it is there.',
  }),
  'flush.ms': long({
    default: LONG_MAX,
    min: 0,
    doc: 'Records are forced to the disk (fsync) after this time at the latest.',
  }),
  'follower.replication.throttled.replicas': throttledReplicas('follower'),
  'leader.replication.throttled.replicas': throttledReplicas('leader'),
  'index.interval.bytes': int({
    default: '4096',
    min: 0,
    doc: 'The offset index gets an entry about every so many bytes of records.',
  }),
  'local.retention.bytes': localRetention('retention.bytes'),
  'local.retention.ms': localRetention('retention.ms'),
  'max.compaction.lag.ms': long({
    default: LONG_MAX,
    min: 1,
    doc: 'Compaction begins after this time at the latest, however clean the log is.',
  }),
  'max.message.bytes': int({
    default: '1048588',
    min: 0,
    doc: 'The largest record batch that is accepted, compressed if it is.',
  }),
  'message.timestamp.after.max.ms': long({
    default: '3600000',
    min: 0,
    doc: 'How far ahead of the broker the timestamp of a record may be (CreateTime only).',
  }),
  'message.timestamp.before.max.ms': long({
    default: LONG_MAX,
    min: 0,
    doc: 'How far behind the broker the timestamp of a record may be (CreateTime only).',
  }),
  'message.timestamp.type': string({
    default: 'CreateTime',
    oneOf: ['CreateTime', 'LogAppendTime'],
    doc: "Whether records keep the producer's timestamp or get the broker's when they are appended.",
  }),
  'min.cleanable.dirty.ratio': double({
    default: '0.5',
    min: 0,
    max: 1,
    doc: 'The part of a log that must be uncompacted before compaction begins.',
  }),
  'min.compaction.lag.ms': long({
    default: '0',
    min: 0,
    doc: 'A record stays uncompacted at least this long.',
  }),
  'min.insync.replicas': int({
    default: '1',
    min: 1,
    doc: 'How many replicas must be in sync for a produce request with acks=all; at most the replication factor counts.',
  }),
  preallocate: bool({
    default: 'false',
    doc: 'Whether the file of a new segment gets its full size at once.',
    unavailable: (value) =>
      value ? 'segments are not preallocated: a sparse file gains nothing' : undefined,
  }),
  'remote.storage.enable': tieredStorage('Whether old segments move to remote storage.'),
  'remote.log.copy.disable': tieredStorage('Whether no more segments are copied to remote storage.'),
  'remote.log.delete.on.disable': tieredStorage('Whether remote data goes when remote storage is disabled.'),
  'retention.bytes': long({
    default: '-1',
    doc: 'A partition that is larger loses its oldest segments; -1 means no limit.',
  }),
  'retention.ms': long({
    default: '604800000',
    min: -1,
    doc: 'Segments whose records are all older are discarded; -1 means no limit.',
  }),
  'segment.bytes': int({
    default: '1073741824',
    min: 1048576,
    doc: 'The size at which a new segment begins.',
  }),
  'segment.index.bytes': int({
    default: '10485760',
    min: 4,
    doc: 'The largest size of the index of a segment; a full index begins a new segment.',
  }),
  'segment.jitter.ms': long({
    default: '0',
    min: 0,
    doc: 'Up to this much is taken off segment.ms at random, so that not all segments begin at once.',
  }),
  'segment.ms': long({
    default: '604800000',
    min: 1,
    doc: 'The time after which a new segment begins.',
  }),
  'unclean.leader.election.enable': bool({
    default: 'false',
    doc: 'Whether a replica that is not in sync may lead when no other is left, losing records.',
  }),
} as const

export type TopicConfigName = keyof typeof TOPIC_CONFIGS

/** Typed values by Kafka's names. */
export type TopicConfig = { readonly [K in TopicConfigName]: Value<(typeof TOPIC_CONFIGS)[K]> }

export function isTopicConfigName(name: string): name is TopicConfigName {
  return Object.hasOwn(TOPIC_CONFIGS, name)
}

export function topicConfigNames(): TopicConfigName[] {
  return Object.keys(TOPIC_CONFIGS).filter(isTopicConfigName)
}

function compressionLevel(codec: string, standard: string) {
  return {
    default: standard,
    doc: `The level at which the broker compresses when compression.type is ${codec}.`,
  }
}

function onlyLz4Level(level: number): string | undefined {
  return level === 9 ? undefined : "the broker's lz4 has one level only"
}

function throttledReplicas(side: string): ConfigDefinition<readonly string[]> {
  return replicaList(`${side}.replication.throttled.replicas`, {
    default: '',
    doc: `The replicas whose replication is throttled on the side of the ${side}.`,
  })
}

function localRetention(of: string): ConfigDefinition<number> {
  return long({
    default: '-2',
    min: -2,
    doc: `What ${of} is to the whole log, for the segments on the broker's own disk; -2 means the value of ${of}.`,
    unavailable: (limit) => (limit === -2 ? undefined : 'tiered storage is not available yet'),
  })
}

function tieredStorage(doc: string): ConfigDefinition<boolean> {
  return bool({
    default: 'false',
    doc,
    unavailable: (enabled) => (enabled ? 'tiered storage is not available yet' : undefined),
  })
}
