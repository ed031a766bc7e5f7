import type { BrokerConfigName } from './broker-definitions.ts'

/** Of the broker's own configurations, what can be set while it runs. */
export const DYNAMIC_SETTINGS: ReadonlySet<string> = new Set<BrokerConfigName>([
  'group.consumer.assignment.interval.ms',
  'group.share.assignment.interval.ms',
  'group.streams.assignment.interval.ms',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'producer.id.expiration.ms',
  'transaction.partition.verification.enable',
])
