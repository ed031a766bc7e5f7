/** The options of kafka-console-consumer, and what they mean. */
import { randomInt } from 'node:crypto'
import { integer } from '../client/client-config.ts'
import { ConfigException } from '../client/exceptions.ts'
import { EARLIEST, LATEST } from '../client/offsets.ts'
import { Exit, UsageMistake } from '../command-line/mistakes.ts'
import { commonOptions, type OptionTable } from '../command-line/option-table.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { keyValues, type Properties, propertiesFile } from '../command-line/properties.ts'
import type { Terminal } from '../tool.ts'

const FORMATTER = 'org.apache.kafka.tools.consumer.DefaultMessageFormatter'
const FORMATTER_PROPERTIES =
  'How records are written: print.key, print.value, print.timestamp, print.partition, print.offset, print.headers, ' +
  'print.epoch, key.separator, line.separator, headers.separator, null.literal, key.deserializer, ' +
  'value.deserializer, headers.deserializer; as key=value.'

export const consumerOptions: OptionTable = {
  ...commonOptions,
  'bootstrap-server': {
    argument: 'server to connect to',
    description: 'REQUIRED: the brokers to connect to.',
  },
  'command-config': { argument: 'config file', description: 'A file with properties of the consumer.' },
  'command-property': {
    argument: 'consumer_prop',
    description: 'A property of the consumer as key=value; goes before the file.',
  },
  'consumer-property': { argument: 'consumer_prop', description: '(Deprecated) As --command-property.' },
  'consumer.config': { argument: 'config file', description: '(Deprecated) As --command-config.' },
  'enable-systest-events': { description: 'Writes when it ends.' },
  formatter: {
    argument: 'class',
    default: FORMATTER,
    description: 'DefaultMessageFormatter, LoggingMessageFormatter or NoOpMessageFormatter.',
  },
  'formatter-config': { argument: 'config file', description: 'A file with properties of the formatter.' },
  'formatter-property': { argument: 'prop', description: FORMATTER_PROPERTIES },
  'from-beginning': { description: 'Where the group has committed nothing: begins with the first record.' },
  group: {
    argument: 'consumer group id',
    description: 'Shares the partitions with others of this group, and commits.',
  },
  include: { argument: 'Java regex (String)', description: 'The topics whose whole names match this.' },
  'isolation-level': {
    argument: 'level',
    default: 'read_uncommitted',
    description: 'read_committed leaves out what was not committed.',
  },
  'key-deserializer': { argument: 'deserializer for keys', description: 'As the property key.deserializer.' },
  'max-messages': { argument: 'num_messages', type: 'int', description: 'Ends after so many records.' },
  offset: {
    argument: 'consume offset',
    default: 'latest',
    description: 'With --partition: where to begin, a number, earliest or latest.',
  },
  partition: { argument: 'partition', type: 'int', description: 'Only this partition of the topic.' },
  property: { argument: 'prop', description: '(Deprecated) As --formatter-property.' },
  'skip-message-on-error': { description: 'Passes over records that cannot be written.' },
  'timeout-ms': { argument: 'timeout_ms', type: 'long', description: 'Ends when nothing came for so long.' },
  topic: { argument: 'topic', description: 'The topic to read.' },
  'value-deserializer': {
    argument: 'deserializer for values',
    description: 'As the property value.deserializer.',
  },
}

export interface ConsumerSettings {
  readonly bootstrapServers: string
  readonly properties: Properties
  /** One topic, or a pattern for the names of several. */
  readonly topic: string | undefined
  readonly include: string | undefined
  /** One partition, from an offset, EARLIEST or LATEST. */
  readonly partition: { readonly partition: number; readonly from: bigint } | undefined
  /** Undefined without a group to share with. */
  readonly groupId: string | undefined
  /** Undefined: it is a failure that nothing was committed. */
  readonly reset: bigint | undefined
  readonly readsCommitted: boolean
  /** Undefined if nothing is to be committed. */
  readonly commitIntervalMs: number | undefined
  readonly maxMessages: number | undefined
  readonly timeoutMs: number | undefined
  readonly skipsErrors: boolean
  readonly formatter: string
  readonly formatterProperties: Properties
  readonly isSystemTest: boolean
}

/** Old names of options, with what each is called now. */
const DEPRECATED = [
  ['consumer-property', 'command-property'],
  ['consumer.config', 'command-config'],
  ['property', 'formatter-property'],
] as const

export function consumerSettings(options: ParsedOptions, terminal: Terminal): ConsumerSettings {
  checkCombinations(options)
  const given = clientProperties(options)
  const groupIds = groupIdsOf(options, given)
  if (groupIds.length > 0 && options.has('partition')) {
    throw new UsageMistake('Options group and partition cannot be specified together.')
  }
  warnOfOldNames(options, terminal)
  const properties = { ...given.file, ...given.args }
  const partition = options.number('partition')
  const [groupId] = groupIds
  const isolation = options.has('isolation-level') ? undefined : properties['isolation.level']
  const autoCommit = properties['enable.auto.commit'] ?? String(groupId !== undefined)
  return {
    bootstrapServers: options.value('bootstrap-server') ?? '',
    properties,
    topic: options.value('topic'),
    include: options.value('include'),
    partition: partition === undefined ? undefined : { partition, from: offsetOf(options) },
    groupId,
    reset: resetOf(options, properties, terminal),
    readsCommitted: readsCommitted(isolation ?? options.value('isolation-level') ?? ''),
    commitIntervalMs:
      groupId !== undefined && autoCommit === 'true'
        ? integer(properties, 'auto.commit.interval.ms', '5000')
        : undefined,
    maxMessages: nonNegative(options.number('max-messages')),
    timeoutMs: nonNegative(options.number('timeout-ms')),
    skipsErrors: options.has('skip-message-on-error'),
    formatter: options.value('formatter') ?? FORMATTER,
    formatterProperties: formatterProperties(options),
    isSystemTest: options.has('enable-systest-events'),
  }
}

/** For a consumer that shares with nobody. */
export function anyClientId(): string {
  return `console-consumer-${randomInt(100_000)}`
}

function checkCombinations(options: ParsedOptions): void {
  if (options.has('topic') === options.has('include')) {
    throw new UsageMistake('Exactly one of the following arguments is required: [topic], [include]')
  }
  if (options.has('partition')) {
    if (!options.has('topic')) throw new UsageMistake('The topic is required when partition is specified.')
    if (options.has('from-beginning') && options.has('offset')) {
      throw new UsageMistake('Options from-beginning and offset cannot be specified together.')
    }
  } else if (options.has('offset')) {
    throw new UsageMistake('The partition is required when offset is specified.')
  }
  options.require('bootstrap-server')
  for (const [old, current] of DEPRECATED) {
    if (options.has(old) && options.has(current)) {
      throw new UsageMistake(`Options --${old} and --${current} cannot be specified together.`)
    }
  }
}

function warnOfOldNames(options: ParsedOptions, terminal: Terminal): void {
  for (const [old, current] of DEPRECATED) {
    if (!options.has(old)) continue
    terminal.output.write(
      `Option --${old} is deprecated and will be removed in a future version. Use --${current} instead.\n`,
    )
  }
}

interface ClientProperties {
  readonly file: Properties
  readonly args: Properties
}

function clientProperties(options: ParsedOptions): ClientProperties {
  const file = options.value('command-config') ?? options.value('consumer.config')
  const args = [...options.values('command-property'), ...options.values('consumer-property')]
  return { file: file === undefined ? {} : propertiesFile(file), args: keyValues(args) }
}

/** One at most, however often it is said. */
function groupIdsOf(options: ParsedOptions, { file, args }: ClientProperties): string[] {
  const given = [options.value('group'), file['group.id'], args['group.id']]
  const ids = [...new Set(given.filter((each) => each !== undefined))]
  if (ids.length <= 1) return ids
  throw new UsageMistake(
    "The group ids provided in different places (directly using '--group', via '--consumer-property', or via " +
      `'--consumer.config') do not match. Detected group ids: ${ids.map((id) => `'${id}'`).join(', ')}`,
  )
}

function resetOf(options: ParsedOptions, properties: Properties, terminal: Terminal): bigint | undefined {
  const given = properties['auto.offset.reset']
  if (given === undefined) return options.has('from-beginning') ? EARLIEST : LATEST
  if (options.has('from-beginning') && given !== 'earliest') {
    terminal.errors.write(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${given}', please remove one option\n`,
    )
    throw new Exit(1)
  }
  if (given === 'none') return undefined
  if (given === 'earliest') return EARLIEST
  if (given === 'latest') return LATEST
  throw new ConfigException(
    `Invalid value ${given} for configuration auto.offset.reset: the strategy must be earliest, latest or none`,
  )
}

function offsetOf(options: ParsedOptions): bigint {
  if (!options.has('offset')) return options.has('from-beginning') ? EARLIEST : LATEST
  const given = options.value('offset') ?? ''
  if (given.toLowerCase() === 'earliest') return EARLIEST
  if (given.toLowerCase() === 'latest') return LATEST
  if (/^\+?\d+$/.test(given)) return BigInt(given)
  throw new UsageMistake(
    `The provided offset value '${given}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  )
}

function readsCommitted(level: string): boolean {
  if (level === 'read_committed') return true
  if (level === 'read_uncommitted') return false
  throw new ConfigException(
    `Invalid value ${level} for configuration isolation.level: String must be one of: read_committed, read_uncommitted`,
  )
}

function nonNegative(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value
}

function formatterProperties(options: ParsedOptions): Properties {
  const file = options.value('formatter-config')
  const key = options.value('key-deserializer')
  const value = options.value('value-deserializer')
  const args = [...options.values('formatter-property'), ...options.values('property')]
  return {
    ...(file === undefined ? {} : propertiesFile(file)),
    ...(key === undefined ? {} : { 'key.deserializer': key }),
    ...(value === undefined ? {} : { 'value.deserializer': value }),
    ...keyValues(args),
  }
}
