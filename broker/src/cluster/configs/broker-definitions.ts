/**
 * The broker configurations that exist here, under Kafka's names and with Kafka's defaults: the broker's own, and the
 * defaults of all topics, which are made from the topic configurations.
 */
import {
  addressLimits,
  bool,
  type ConfigDefinition,
  double,
  int,
  LONG_MAX,
  long,
  short,
  text,
  type Value,
} from './definition.ts'
import { DYNAMIC_SETTINGS } from './dynamic-settings.ts'
import { GROUP_COORDINATOR_CONFIGS } from './group-coordinator-configs.ts'
import { SHARE_CONFIGS } from './share-definitions.ts'
import { brokerSynonyms } from './synonyms.ts'
import { TOPIC_CONFIGS, topicConfigNames } from './topic-definitions.ts'
import { TRANSACTION_CONFIGS } from './transaction-definitions.ts'

export const BROKER_CONFIGS = {
  'auto.create.topics.enable': bool({ default: 'true', doc: 'Whether using a topic creates it.' }),
  'auto.leader.rebalance.enable': bool({
    default: 'true',
    doc: 'Whether leadership goes back to preferred replicas by itself.',
  }),
  'broker.heartbeat.interval.ms': int({
    default: '2000',
    min: 1,
    doc: 'How often a broker reports to the controller.',
  }),
  'broker.session.timeout.ms': int({
    default: '9000',
    min: 1,
    doc: 'A broker that was not heard of for so long is fenced.',
  }),
  'connections.max.idle.ms': long({
    default: '600000',
    doc: 'A connection that is idle for longer is closed.',
  }),
  'controller.quota.window.num': int({
    default: '11',
    min: 1,
    doc: 'Over how many windows the rate of changes at the controller is measured.',
  }),
  'controller.quota.window.size.seconds': int({
    default: '1',
    min: 1,
    doc: 'How long such a window is.',
  }),
  'default.replication.factor': int({
    default: '1',
    min: 1,
    doc: 'The replication factor of topics created without one.',
  }),
  'delete.topic.enable': bool({ default: 'true', doc: 'Whether topics can be deleted.' }),
  'fetch.max.bytes': int({
    default: '57671680',
    min: 1024,
    doc: 'The most that one fetch response carries.',
  }),
  ...GROUP_COORDINATOR_CONFIGS,
  'leader.imbalance.check.interval.seconds': long({
    default: '300',
    min: 1,
    doc: 'How often it is looked whether leadership should go back to preferred replicas.',
  }),
  'leader.imbalance.per.broker.percentage': int({
    default: '10',
    min: 0,
    doc: 'A broker gets its leaderships back when more than this part of them is elsewhere.',
  }),
  'log.cleaner.backoff.ms': long({
    default: '15000',
    min: 0,
    doc: 'How long the log cleaner waits when no log is dirty enough.',
  }),
  'log.cleaner.dedupe.buffer.size': long({
    default: '134217728',
    min: 1024,
    doc: 'The most memory that the log cleaner takes for the keys of a log; more keys are cleaned in several rounds.',
  }),
  'log.cleaner.enable': bool({ default: 'true', doc: 'Whether compacted topics are compacted.' }),
  'log.cleaner.io.buffer.load.factor': double({
    default: '0.9',
    min: 0.01,
    max: 1,
    doc: 'How full the memory of log.cleaner.dedupe.buffer.size may get.',
  }),
  'log.cleaner.io.buffer.size': int({
    default: '524288',
    min: 4096,
    doc: 'How much the log cleaner reads at a time.',
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    default: '1.7976931348623157E308',
    min: 1,
    doc: 'The most that the log cleaner reads and writes in a second.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int({
    default: '60000',
    min: 0,
    doc: 'How often the recovery points are written.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int({
    default: '60000',
    min: 0,
    doc: 'How often the log start offsets are written.',
  }),
  'log.initial.task.delay.ms': long({
    default: '30000',
    min: 0,
    doc: 'How long after its start the broker first searches logs for segments to discard.',
  }),
  'log.retention.check.interval.ms': long({
    default: '300000',
    min: 1,
    doc: 'How often logs are searched for segments to discard.',
  }),
  'max.connection.creation.rate': int({
    default: '2147483647',
    min: 1,
    doc: 'How many connections per second are taken; others wait.',
  }),
  'max.connections': int({
    default: '2147483647',
    min: 1,
    doc: 'How many connections there may be; never more than 20,000.',
  }),
  'max.connections.per.ip': int({
    default: '2147483647',
    min: 0,
    doc: 'How many connections there may be from one address.',
  }),
  'max.connections.per.ip.overrides': addressLimits({
    default: '',
    doc: 'Other limits for some addresses, as address:limit,address:limit.',
  }),
  'max.incremental.fetch.session.cache.slots': int({
    default: '1000',
    min: 0,
    doc: 'How many incremental fetch sessions are kept.',
  }),
  'max.request.partition.size.limit': int({
    default: '2000',
    min: 1,
    doc: 'The most partitions that one DescribeTopicPartitions response carries.',
  }),
  'num.partitions': int({ default: '1', min: 1, doc: 'The partitions of topics created without a count.' }),
  'offset.metadata.max.bytes': int({
    default: '4096',
    min: 0,
    doc: 'The most metadata that may come with a committed offset.',
  }),
  'offsets.commit.timeout.ms': int({
    default: '5000',
    min: 1,
    doc: 'How long an offset commit waits for the replicas of the offsets topic.',
  }),
  'offsets.retention.check.interval.ms': long({
    default: '600000',
    min: 1,
    doc: 'How often groups are searched for expired offsets.',
  }),
  'offsets.retention.minutes': int({
    default: '10080',
    min: 1,
    doc: 'How long the offsets of an empty group are kept.',
  }),
  'offsets.topic.num.partitions': int({ default: '50', min: 1, doc: 'The partitions of the offsets topic.' }),
  'offsets.topic.replication.factor': short({
    default: '1',
    min: 1,
    doc: 'The replication factor of the offsets topic.',
  }),
  'offsets.topic.segment.bytes': int({
    default: '104857600',
    min: 1048576,
    doc: 'The segment size of the offsets topic.',
  }),
  'producer.id.expiration.ms': int({
    default: '86400000',
    min: 1,
    doc: 'How long a partition remembers an idempotent producer that is silent.',
  }),
  'quota.window.num': int({
    default: '11',
    min: 1,
    doc: 'Over how many windows the rates of clients are measured.',
  }),
  'quota.window.size.seconds': int({ default: '1', min: 1, doc: 'How long such a window is.' }),
  'replication.quota.window.num': int({
    default: '11',
    min: 1,
    doc: 'Over how many windows the rate of throttled replication is measured.',
  }),
  'replication.quota.window.size.seconds': int({
    default: '1',
    min: 1,
    doc: 'How long such a window is.',
  }),
  'replica.fetch.backoff.ms': int({
    default: '1000',
    min: 0,
    doc: 'How long a follower waits after a fetch that failed.',
  }),
  'replica.fetch.max.bytes': int({
    default: '1048576',
    min: 0,
    doc: 'What a follower fetches of one partition at a time; a larger batch comes alone.',
  }),
  'replica.fetch.min.bytes': int({
    default: '1',
    min: 1,
    doc: 'What a fetch of a follower waits for.',
  }),
  'replica.fetch.response.max.bytes': int({
    default: '10485760',
    min: 0,
    doc: 'What a follower fetches at a time.',
  }),
  'replica.fetch.wait.max.ms': int({
    default: '500',
    min: 1,
    doc: 'How long the fetch of a follower waits for records.',
  }),
  'replica.high.watermark.checkpoint.interval.ms': long({
    default: '5000',
    min: 1,
    doc: 'How often high watermarks are written to the disk.',
  }),
  'replica.lag.time.max.ms': long({
    default: '30000',
    min: 1,
    doc: 'A follower that did not catch up for so long leaves the ISR.',
  }),
  'replica.selector.class': text({
    default: '',
    doc: 'Which replica consumers read from (KIP-392): empty for the leader, or RackAwareReplicaSelector of Apache Kafka for one in their rack.',
  }),
  'socket.request.max.bytes': int({
    default: '104857600',
    min: 1,
    doc: 'A connection that sends a larger request is closed.',
  }),
  'telemetry.max.bytes': int({
    default: '1048576',
    min: 1,
    doc: 'The most metrics that a client may push at a time.',
  }),
  ...TRANSACTION_CONFIGS,
  ...SHARE_CONFIGS,
} as const

export type BrokerConfigName = keyof typeof BROKER_CONFIGS

/** Typed values by Kafka's names. */
export type BrokerSettings = { readonly [K in BrokerConfigName]: Value<(typeof BROKER_CONFIGS)[K]> }

export interface BrokerDefinition {
  readonly definition: ConfigDefinition
  /** Can be changed while the broker runs. */
  readonly dynamic: boolean
  /** False for what has no value unless it is set, like log.retention.minutes. */
  readonly hasDefault: boolean
}

/** Values in a coarser unit than the topic configuration's: only in server.properties, as in Kafka. */
const COARSE: Readonly<Record<string, ConfigDefinition>> = {
  'log.retention.minutes': int({ default: '10080', min: -1, doc: 'retention.ms of all topics, in minutes.' }),
  'log.retention.hours': int({ default: '168', min: -1, doc: 'retention.ms of all topics, in hours.' }),
  'log.roll.hours': int({ default: '168', min: 1, doc: 'segment.ms of all topics, in hours.' }),
  'log.roll.jitter.hours': int({ default: '0', min: 0, doc: 'segment.jitter.ms of all topics, in hours.' }),
}

/** What each broker has for itself; shown, but read by brokerConfig. */
const IDENTITY: Readonly<Record<string, ConfigDefinition>> = {
  'advertised.listeners': text({ default: '', doc: 'The addresses that clients are told.' }),
  'broker.id': text({ default: '', doc: 'The older name of node.id.' }),
  'broker.rack': text({
    default: '',
    doc: 'The availability zone; replicas of a partition go to different ones.',
  }),
  'inter.broker.listener.name': text({
    default: '',
    doc: 'The listener that brokers use among themselves; without it the one called PLAINTEXT, or else the first.',
  }),
  'listener.security.protocol.map': text({ default: '', doc: 'The protocols of listeners by their names.' }),
  listeners: text({ default: '', doc: 'The addresses on which the broker listens.' }),
  'log.dir': text({ default: '', doc: 'The folder of the records, unless log.dirs names it.' }),
  'log.dirs': text({ default: '', doc: 'The folder of the records.' }),
  'node.id': text({ default: '', doc: 'The id of the broker within its cluster.' }),
}

/** Only set while the broker runs, by name. */
export const REPLICATION_THROTTLES = {
  'follower.replication.throttled.rate': throttledRate('follows'),
  'leader.replication.throttled.rate': throttledRate('leads'),
} as const

export type ReplicationThrottle = keyof typeof REPLICATION_THROTTLES

function throttledRate(role: string): ConfigDefinition<number> {
  return long({
    default: LONG_MAX,
    min: 0,
    doc: `So many bytes per second are copied of the throttled replicas that the broker ${role}.`,
  })
}

/** All broker configurations, by name. */
export const BROKER_DEFINITIONS: ReadonlyMap<string, BrokerDefinition> = new Map([
  ...Object.entries(BROKER_CONFIGS).map(
    ([name, definition]) =>
      [name, { definition, dynamic: DYNAMIC_SETTINGS.has(name), hasDefault: true }] as const,
  ),
  ...Object.entries(IDENTITY).map(
    ([name, definition]) => [name, { definition, dynamic: false, hasDefault: false }] as const,
  ),
  ...Object.entries(REPLICATION_THROTTLES).map(
    ([name, definition]) => [name, { definition, dynamic: true, hasDefault: false }] as const,
  ),
  ...topicDefaults(),
])

function topicDefaults(): [string, BrokerDefinition][] {
  return topicConfigNames().flatMap((topicConfig) => {
    const synonyms = brokerSynonyms(topicConfig)
    return synonyms.map(({ name }, at): [string, BrokerDefinition] => {
      const hasDefault = at === synonyms.length - 1
      const coarse = COARSE[name]
      if (coarse !== undefined) return [name, { definition: coarse, dynamic: false, hasDefault }]
      const documentation = `${topicConfig} of all topics that do not set it.`
      return [
        name,
        { definition: { ...TOPIC_CONFIGS[topicConfig], documentation }, dynamic: at === 0, hasDefault },
      ]
    })
  })
}
