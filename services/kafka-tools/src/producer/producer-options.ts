/** The options of kafka-console-producer, and the producer's properties that they stand for. */
import { integer } from '../client/client-config.ts'
import { ConfigException } from '../client/exceptions.ts'
import { UsageMistake } from '../command-line/mistakes.ts'
import { commonOptions, type OptionTable } from '../command-line/option-table.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { keyValues, type Properties, propertiesFile } from '../command-line/properties.ts'
import type { Terminal } from '../tool.ts'

const LINE_READER = 'org.apache.kafka.tools.LineMessageReader'
const READER_PROPERTIES =
  'How lines are read: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, ' +
  'headers.key.separator, null.marker, ignore.error; as key=value.'

export const producerOptions: OptionTable = {
  ...commonOptions,
  'batch-size': {
    argument: 'size',
    type: 'int',
    default: '16384',
    description: 'Bytes that are sent at once.',
  },
  'bootstrap-server': {
    argument: 'server to connect to',
    description: 'REQUIRED: the brokers to connect to.',
  },
  'broker-list': { argument: 'servers', description: 'The name of --bootstrap-server before Kafka 2.5.' },
  'command-config': { argument: 'config file', description: 'A file with properties of the producer.' },
  'command-property': {
    argument: 'producer_prop',
    description: 'A property of the producer as key=value; goes before the file.',
  },
  'compression-codec': {
    argument: 'compression-codec',
    argumentIsOptional: true,
    description: 'none, gzip, snappy, lz4 or zstd; gzip if nothing follows.',
  },
  'line-reader': {
    argument: 'reader_class',
    default: LINE_READER,
    description: 'Only the reader that makes a record of each line is here.',
  },
  'max-block-ms': {
    argument: 'max block on send',
    type: 'long',
    default: '60000',
    description: 'How long the topic may stay unknown.',
  },
  'max-memory-bytes': {
    argument: 'total memory in bytes',
    type: 'long',
    default: '33554432',
    description: 'Lines that wait to be sent; no more are read meanwhile.',
  },
  'max-partition-memory-bytes': {
    argument: 'memory in bytes per partition',
    type: 'int',
    default: '16384',
    description: '(Deprecated) As --batch-size.',
  },
  'message-send-max-retries': {
    argument: 'number',
    type: 'int',
    default: '3',
    description: 'How often to try again.',
  },
  'metadata-expiry-ms': {
    argument: 'metadata expiration interval',
    type: 'long',
    default: '300000',
    description: 'When to ask for the leaders again although nothing is wrong.',
  },
  'producer-property': { argument: 'producer_prop', description: '(Deprecated) As --command-property.' },
  'producer.config': { argument: 'config file', description: '(Deprecated) As --command-config.' },
  property: { argument: 'prop', description: '(Deprecated) As --reader-property.' },
  'reader-config': { argument: 'config file', description: 'A file with properties of the line reader.' },
  'reader-property': { argument: 'prop', description: READER_PROPERTIES },
  'request-required-acks': {
    argument: 'request required acks',
    default: '-1',
    description: '0: none, 1: the leader, -1 or all: the in-sync replicas have it.',
  },
  'request-timeout-ms': {
    argument: 'request timeout ms',
    type: 'int',
    default: '1500',
    description: 'How long replicas may take to acknowledge.',
  },
  'retry-backoff-ms': {
    argument: 'number',
    type: 'long',
    default: '100',
    description: 'Pause before another try.',
  },
  'socket-buffer-size': { argument: 'size', type: 'int', default: '102400', description: 'Without effect.' },
  sync: { description: 'Sends line by line, each after the one before was acknowledged.' },
  timeout: {
    argument: 'timeout_ms',
    type: 'long',
    default: '1000',
    description: 'How long a line waits for others to be sent with it.',
  },
  topic: { argument: 'topic', description: 'REQUIRED: the topic to write to.' },
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProducerSettings {
  readonly topic: string
  readonly bootstrapServers: string
  readonly reader: Properties
  readonly properties: Properties
  readonly isSync: boolean
  readonly compression: Compression
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly lingerMs: number
  readonly batchBytes: number
  readonly bufferBytes: number
  readonly retries: number
  readonly retryBackoffMs: number
  readonly requestTimeoutMs: number
  readonly maxBlockMs: number
  readonly metadataMaxAgeMs: number
}

/** Old names of options, with what each is called now. */
const DEPRECATED = [
  ['producer.config', 'command-config'],
  ['producer-property', 'command-property'],
  ['property', 'reader-property'],
] as const

export function producerSettings(options: ParsedOptions, terminal: Terminal): ProducerSettings {
  options.require('topic')
  const bootstrapServers = options.value('bootstrap-server') ?? options.value('broker-list')
  if (bootstrapServers === undefined) throw new UsageMistake('Error while validating the bootstrap address\n')
  warnOfOldNames(options, terminal)
  if (options.value('line-reader') !== LINE_READER) {
    throw new UsageMistake(`Only ${LINE_READER} is available, not ${options.value('line-reader')}`)
  }
  const properties = clientProperties(options)
  const acks = acksOf(merged(properties, 'acks', options, 'request-required-acks'))
  const retries = number(properties, 'retries', options, 'message-send-max-retries')
  const batchOption = options.has('max-partition-memory-bytes') ? 'max-partition-memory-bytes' : 'batch-size'
  return {
    topic: options.value('topic') ?? '',
    bootstrapServers,
    reader: readerProperties(options),
    properties,
    isSync: options.has('sync'),
    compression: compressionOf(options, properties),
    acks,
    isIdempotent: acks === -1 && retries > 0 && properties['enable.idempotence'] !== 'false',
    lingerMs: number(properties, 'linger.ms', options, 'timeout'),
    batchBytes: number(properties, 'batch.size', options, batchOption),
    bufferBytes: number(properties, 'buffer.memory', options, 'max-memory-bytes'),
    retries,
    retryBackoffMs: number(properties, 'retry.backoff.ms', options, 'retry-backoff-ms'),
    requestTimeoutMs: number(properties, 'request.timeout.ms', options, 'request-timeout-ms'),
    maxBlockMs: number(properties, 'max.block.ms', options, 'max-block-ms'),
    metadataMaxAgeMs: number(properties, 'metadata.max.age.ms', options, 'metadata-expiry-ms'),
  }
}

function warnOfOldNames(options: ParsedOptions, terminal: Terminal): void {
  for (const [old, current] of DEPRECATED) {
    if (options.has(old) && options.has(current)) {
      throw new UsageMistake(`Options --${current} and --${old} cannot be specified together.`)
    }
  }
  for (const [old, current] of [...DEPRECATED].reverse()) {
    if (!options.has(old)) continue
    terminal.output.write(
      `Warning: --${old} is deprecated and will be removed in a future version. Use --${current} instead.\n`,
    )
  }
  if (options.has('max-partition-memory-bytes')) {
    terminal.output.write(
      'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. ' +
        'Use --batch-size instead.\n',
    )
  }
}

function clientProperties(options: ParsedOptions): Properties {
  const file = options.value('command-config') ?? options.value('producer.config')
  const given = [...options.values('command-property'), ...options.values('producer-property')]
  return { ...(file === undefined ? {} : propertiesFile(file)), ...keyValues(given) }
}

function readerProperties(options: ParsedOptions): Properties {
  const file = options.value('reader-config')
  const given = [...options.values('reader-property'), ...options.values('property')]
  return { ...(file === undefined ? {} : propertiesFile(file)), ...keyValues(given) }
}

/** The option if it was given, else the property, else the option's default. */
function merged(properties: Properties, property: string, options: ParsedOptions, option: string): string {
  const value = options.value(option) ?? ''
  return options.has(option) ? value : (properties[property] ?? value)
}

function number(properties: Properties, property: string, options: ParsedOptions, option: string): number {
  return options.has(option)
    ? (options.number(option) ?? 0)
    : integer(properties, property, options.value(option) ?? '0')
}

function acksOf(text: string): -1 | 0 | 1 {
  if (text === 'all' || text === '-1') return -1
  if (text === '0' || text === '1') return text === '0' ? 0 : 1
  throw new ConfigException(
    `Invalid value ${text} for configuration acks: String must be one of: all, -1, 0, 1`,
  )
}

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

function compressionOf(options: ParsedOptions, properties: Properties): Compression {
  const preset = properties['compression.type'] ?? 'none'
  const wanted = options.has('compression-codec') ? (options.value('compression-codec') ?? 'gzip') : preset
  const known = COMPRESSIONS.find((each) => each === wanted)
  if (known !== undefined) return known
  throw new ConfigException(
    `Invalid value ${wanted} for configuration compression.type: Unknown compression name: ${wanted}`,
  )
}
