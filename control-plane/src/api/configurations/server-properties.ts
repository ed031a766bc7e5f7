import { badRequest } from '../http/errors.ts'

/**
 * server.properties as MSK takes it: only properties that it lets customers set, each with a value of its type.
 * https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html
 */
export function parseServerProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    const separator = /[=:]/.exec(line)?.index ?? -1
    if (separator < 1) throw invalid(`Line ${index + 1} is not of the form name = value.`)
    const name = line.slice(0, separator).trim()
    const value = line.slice(separator + 1).trim()
    const type = typeOf(name)
    if (type === undefined) {
      throw invalid(`The configuration property ${printable(name)} is not supported.`)
    }
    if (!type.test(value)) {
      throw invalid(`The value ${printable(value)} of the configuration property ${name} is not valid.`)
    }
    properties[name] = value
  }
  return properties
}

const BOOLEAN = /^(true|false)$/i
const INT = /^\d{1,10}$/
const LONG = /^-?\d{1,19}$/
const RATIO = /^(0?\.\d+|[01](\.0+)?|0)$/
const PERCENTAGE = /^\d{1,3}$/
const NAME = /^[\w.$-]{1,256}$/
const LISTENERS = /^[\w:/.{}+,\- ]{1,2048}$/

const TYPES: readonly (readonly [type: RegExp, names: string])[] = [
  [
    BOOLEAN,
    'allow.everyone.if.no.acl.found auto.create.topics.enable delete.topic.enable unclean.leader.election.enable',
  ],
  [/^(gzip|snappy|lz4|zstd|uncompressed|producer)$/, 'compression.type'],
  [/^(compact|delete|compact,delete|delete,compact)$/, 'log.cleanup.policy'],
  [/^(CreateTime|LogAppendTime)$/, 'log.message.timestamp.type'],
  [RATIO, 'log.cleaner.min.cleanable.ratio'],
  [PERCENTAGE, 'leader.imbalance.per.broker.percentage'],
  [NAME, 'replica.selector.class'],
  [LISTENERS, 'custom.advertised.listeners'],
  [
    INT,
    'default.replication.factor fetch.max.bytes group.initial.rebalance.delay.ms group.max.session.timeout.ms ' +
      'group.max.size group.min.session.timeout.ms log.segment.bytes max.connection.creation.rate max.connections ' +
      'max.connections.per.ip max.incremental.fetch.session.cache.slots message.max.bytes min.insync.replicas ' +
      'num.io.threads num.network.threads num.partitions num.recovery.threads.per.data.dir num.replica.fetchers ' +
      'offsets.retention.minutes offsets.topic.replication.factor producer.id.expiration.ms replica.fetch.max.bytes ' +
      'replica.fetch.response.max.bytes replica.lag.time.max.ms socket.request.max.bytes ' +
      'transaction.max.timeout.ms transaction.state.log.min.isr transaction.state.log.replication.factor ' +
      'transactional.id.expiration.ms zookeeper.connection.timeout.ms zookeeper.session.timeout.ms',
  ],
  [
    LONG,
    'connections.max.idle.ms connections.max.reauth.ms log.cleaner.delete.retention.ms ' +
      'log.cleaner.max.compaction.lag.ms log.cleaner.min.compaction.lag.ms log.flush.interval.messages ' +
      'log.flush.interval.ms log.local.retention.bytes log.local.retention.ms ' +
      'log.message.timestamp.after.max.ms log.message.timestamp.before.max.ms ' +
      'log.message.timestamp.difference.max.ms log.retention.bytes log.retention.hours log.retention.minutes ' +
      'log.retention.ms log.roll.ms replica.socket.receive.buffer.bytes socket.receive.buffer.bytes ' +
      'socket.send.buffer.bytes',
  ],
]

const TYPE_BY_NAME = new Map(
  TYPES.flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const)),
)
/** Limits of single listeners, such as listener.name.client_iam.max.connections. */
const LISTENER_LIMIT = /^listener\.name\.client_\w{1,32}\.max\.(connections|connection\.creation\.rate)$/

function typeOf(name: string): RegExp | undefined {
  return TYPE_BY_NAME.get(name) ?? (LISTENER_LIMIT.test(name) ? INT : undefined)
}

function invalid(message: string) {
  return badRequest(message, 'serverProperties')
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
