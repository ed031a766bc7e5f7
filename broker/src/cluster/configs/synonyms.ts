/**
 * Where a topic configuration takes its default from: the broker's configurations that mean the same, the strongest
 * first, some of them in a larger unit.
 */
import type { TopicConfigName } from './topic-definitions.ts'

export interface BrokerSynonym {
  readonly name: string
  /** The value as the topic configuration has it. */
  readonly convert: (text: string) => string
}

const SPECIAL: Partial<Record<TopicConfigName, readonly BrokerSynonym[]>> = {
  'compression.type': [same('compression.type')],
  'compression.gzip.level': [same('compression.gzip.level')],
  'compression.lz4.level': [same('compression.lz4.level')],
  'compression.zstd.level': [same('compression.zstd.level')],
  'delete.retention.ms': [same('log.cleaner.delete.retention.ms')],
  'file.delete.delay.ms': [same('log.segment.delete.delay.ms')],
  'flush.messages': [same('log.flush.interval.messages')],
  'flush.ms': [same('log.flush.interval.ms'), same('log.flush.scheduler.interval.ms')],
  'follower.replication.throttled.replicas': [],
  'leader.replication.throttled.replicas': [],
  'max.compaction.lag.ms': [same('log.cleaner.max.compaction.lag.ms')],
  'max.message.bytes': [same('message.max.bytes')],
  'min.cleanable.dirty.ratio': [same('log.cleaner.min.cleanable.ratio')],
  'min.compaction.lag.ms': [same('log.cleaner.min.compaction.lag.ms')],
  'min.insync.replicas': [same('min.insync.replicas')],
  'remote.storage.enable': [],
  'remote.log.copy.disable': [],
  'remote.log.delete.on.disable': [],
  'retention.ms': [same('log.retention.ms'), minutes('log.retention.minutes'), hours('log.retention.hours')],
  'segment.index.bytes': [same('log.index.size.max.bytes')],
  'segment.jitter.ms': [same('log.roll.jitter.ms'), hours('log.roll.jitter.hours')],
  'segment.ms': [same('log.roll.ms'), hours('log.roll.hours')],
  'unclean.leader.election.enable': [same('unclean.leader.election.enable')],
}

export function brokerSynonyms(name: TopicConfigName): readonly BrokerSynonym[] {
  return SPECIAL[name] ?? [same(`log.${name}`)]
}

/** What says the same as a configuration of a broker, in some unit, itself among them. */
export function brokerFamily(name: string): readonly BrokerSynonym[] {
  return FAMILIES.find((family) => family.some((member) => member.name === name)) ?? [same(name)]
}

const FAMILIES = Object.values(SPECIAL).filter((names) => names.length > 1)

function same(name: string): BrokerSynonym {
  return { name, convert: (text) => text }
}

function minutes(name: string): BrokerSynonym {
  return { name, convert: (text) => scaled(text, 60_000) }
}

function hours(name: string): BrokerSynonym {
  return { name, convert: (text) => scaled(text, 3_600_000) }
}

function scaled(text: string, factor: number): string {
  const value = Number(text.trim())
  // Negative means no limit in every unit.
  return String(value < 0 ? -1 : value * factor)
}
