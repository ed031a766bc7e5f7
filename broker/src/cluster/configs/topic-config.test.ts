import { describe, expect, it } from 'vitest'
import { KafkaError } from '../../wire/errors.ts'
import { BROKER_DEFINITIONS } from './broker-definitions.ts'
import { type ConfigDefinition, ConfigType, checkSettable, parseValue } from './definition.ts'
import { describeBrokerConfig, describeBrokerDefaults, describeTopicConfig } from './describe.ts'
import { type BrokerConfigSources, ConfigSource } from './resolve.ts'
import { parseTopicConfig } from './topic-config.ts'
import { TOPIC_CONFIGS, type TopicConfigName, topicConfigNames } from './topic-definitions.ts'

type Values = Readonly<Record<string, string>>

function sources(
  staticBroker: Values = {},
  dynamicDefault: Values = {},
  dynamicBroker: Values = {},
): BrokerConfigSources {
  return {
    staticBroker: new Map(Object.entries(staticBroker)),
    dynamicDefault: new Map(Object.entries(dynamicDefault)),
    dynamicBroker: new Map(Object.entries(dynamicBroker)),
  }
}

const topic = (overrides: Values, from = sources()) =>
  parseTopicConfig(new Map(Object.entries(overrides)), from)

describe('topic configuration', () => {
  it('prefers the topic, then this broker, then all brokers, then the file', () => {
    const all = sources(
      { 'log.segment.bytes': '4000000' },
      { 'log.segment.bytes': '3000000' },
      { 'log.segment.bytes': '2000000' },
    )
    expect(topic({ 'segment.bytes': '5000000' }, all)['segment.bytes']).toBe(5_000_000)
    expect(topic({}, all)['segment.bytes']).toBe(2_000_000)
    expect(topic({}, { ...all, dynamicBroker: new Map() })['segment.bytes']).toBe(3_000_000)
    expect(topic({}, sources({ 'log.segment.bytes': '4000000' }))['segment.bytes']).toBe(4_000_000)
  })

  it.each([
    [{ 'log.retention.hours': '2' }, 7_200_000],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '3' }, 180_000],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '3', 'log.retention.ms': '4' }, 4],
    [{ 'log.retention.hours': '-1' }, -1],
  ])('takes retention.ms from %o', (staticBroker, retentionMs) => {
    expect(topic({}, sources(staticBroker))['retention.ms']).toBe(retentionMs)
  })

  it('takes other limits from the broker under their own names', () => {
    const config = topic(
      {},
      sources({ 'message.max.bytes': '5', 'log.roll.hours': '1', 'log.roll.jitter.ms': '6' }),
    )
    expect(config).toMatchObject({ 'max.message.bytes': 5, 'segment.ms': 3_600_000, 'segment.jitter.ms': 6 })
  })
})

describe('configuration values', () => {
  const parse = (name: TopicConfigName, text: string) => {
    const definition: ConfigDefinition = TOPIC_CONFIGS[name]
    return parseValue(name, definition, text)
  }

  it.each([
    ['retention.ms', 'abc', 'Not a number of type LONG'],
    ['retention.ms', '', 'Not a number of type LONG'],
    ['retention.ms', '1.5', 'Not a number of type LONG'],
    ['retention.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['retention.ms', '9'.repeat(1000), 'Not a number of type LONG'],
    ['retention.ms', '-5', 'Value must be at least -1'],
    ['segment.bytes', '1', 'Value must be at least 1048576'],
    ['segment.bytes', '99999999999', 'Not a number of type INT'],
    ['cleanup.policy', 'foo', 'String must be one of: compact, delete'],
    ['compression.type', 'foo', 'String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
    ['preallocate', 'x', 'Expected value to be either true or false'],
    ['min.cleanable.dirty.ratio', 'x', 'Not a number of type DOUBLE'],
    ['min.cleanable.dirty.ratio', '2', 'Value must be no more than 1'],
    ['compression.gzip.level', '0', 'Value must be between 1 and 9 or equal to -1'],
    ['min.insync.replicas', '0', 'Value must be at least 1'],
    ['message.timestamp.type', 'x', 'String must be one of: CreateTime, LogAppendTime'],
    [
      'leader.replication.throttled.replicas',
      'zz',
      "leader.replication.throttled.replicas must be the literal '*'",
    ],
  ] as const)('refuse %s=%s in the words of Kafka', (name, text, reason) => {
    expect(() => parse(name, text)).toThrow(`Invalid value ${text} for configuration ${name}: ${reason}`)
    expect(() => parse(name, text)).toThrow(KafkaError)
  })

  it.each([
    ['retention.ms', ' +5 ', 5],
    ['retention.ms', '9223372036854775807', Number.POSITIVE_INFINITY],
    ['retention.bytes', '-9223372036854775808', Number.NEGATIVE_INFINITY],
    ['preallocate', 'TRUE', true],
    ['min.cleanable.dirty.ratio', '1e-1', 0.1],
    ['leader.replication.throttled.replicas', '0:1,1:2', ['0:1', '1:2']],
    ['compression.gzip.level', '9', 9],
  ] as const)('read %s=%s', (name, text, value) => {
    expect(parse(name, text)).toEqual(value)
  })

  it('have legal defaults that can be set', () => {
    for (const name of topicConfigNames()) {
      const definition: ConfigDefinition = TOPIC_CONFIGS[name]
      expect(() => checkSettable(name, definition, definition.defaultValue), name).not.toThrow()
    }
    for (const [name, { definition, hasDefault }] of BROKER_DEFINITIONS) {
      if (hasDefault)
        expect(() => checkSettable(name, definition, definition.defaultValue), name).not.toThrow()
    }
  })

  it.each([
    ['compression.lz4.level', '4'],
    ['remote.storage.enable', 'true'],
    ['local.retention.ms', '1000'],
  ] as const)('refuse %s=%s by name while it does not work', (name, text) => {
    const definition: ConfigDefinition = TOPIC_CONFIGS[name]
    expect(() => checkSettable(name, definition, text)).toThrow(
      `Cannot set configuration ${name} to ${text}: `,
    )
  })
})

describe('described configurations', () => {
  it('of a topic show where each value comes from', () => {
    const from = sources({}, { 'log.segment.bytes': '3000000' }, { 'log.segment.bytes': '2000000' })
    const [described] = describeTopicConfig(new Map([['segment.bytes', '4000000']]), from, [
      'segment.bytes',
      'nope',
    ])
    expect(described).toMatchObject({
      name: 'segment.bytes',
      value: '4000000',
      source: ConfigSource.DYNAMIC_TOPIC_CONFIG,
      readOnly: false,
      isSensitive: false,
      type: ConfigType.INT,
      synonyms: [
        { name: 'segment.bytes', value: '4000000', source: 1 },
        { name: 'log.segment.bytes', value: '2000000', source: 2 },
        { name: 'log.segment.bytes', value: '3000000', source: 3 },
        { name: 'log.segment.bytes', value: '1073741824', source: 5 },
      ],
    })
  })

  it('of a topic show hours as milliseconds in the value, and as hours behind what was set in milliseconds', () => {
    const described = (dynamicDefault: Record<string, string>, own: Record<string, string> = {}) => {
      const from = sources({ 'log.retention.hours': '2' }, dynamicDefault)
      return describeTopicConfig(new Map(Object.entries(own)), from, ['retention.ms'])[0]
    }
    const source = ConfigSource.STATIC_BROKER_CONFIG
    expect(described({})).toMatchObject({ value: '7200000', source, synonyms: [] })
    const topicOnly = [{ name: 'retention.ms', value: '6', source: 1 }]
    expect(described({}, { 'retention.ms': '6' })).toMatchObject({ value: '6', synonyms: topicOnly })
    expect(described({ 'log.retention.ms': '5' })).toMatchObject({
      value: '5',
      source: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
      synonyms: [
        { name: 'log.retention.ms', value: '5', source: 3 },
        { name: 'log.retention.hours', value: '2', source: 4 },
        { name: 'log.retention.hours', value: '168', source: 5 },
      ],
    })
  })

  it('of a broker name what says the same in a larger unit', () => {
    const from = sources({ 'log.retention.hours': '2' }, { 'log.retention.ms': '5' })
    const all = describeBrokerConfig(from)
    const synonyms = (name: string) =>
      all.find((config) => config.name === name)?.synonyms.map((each) => each.name)
    const hours = ['log.retention.hours', 'log.retention.hours']
    expect(synonyms('log.retention.ms')).toEqual(['log.retention.ms', ...hours])
    expect(synonyms('log.retention.minutes')).toEqual([])
    expect(synonyms('log.retention.hours')).toEqual(hours)
  })

  it('of a topic are all 33 of Kafka 4.3', () => {
    expect(describeTopicConfig(new Map(), sources())).toHaveLength(33)
    expect(describeTopicConfig(new Map(), sources(), [])).toHaveLength(0)
  })

  it('of a broker tell what can be changed while it runs', () => {
    const described = describeBrokerConfig(sources({ 'node.id': '3' }, { 'log.retention.ms': '5' }))
    const find = (name: string) => described.find((config) => config.name === name)
    expect(find('node.id')).toMatchObject({ value: '3', source: 4, readOnly: true })
    expect(find('log.retention.ms')).toMatchObject({ value: '5', source: 3, readOnly: false })
    expect(find('log.retention.minutes')).toMatchObject({ value: null, source: 5, synonyms: [] })
    expect(find('num.partitions')).toMatchObject({ value: '1', source: 5, readOnly: true })
  })

  it('of all brokers are only what was set', () => {
    expect(describeBrokerDefaults(new Map([['log.retention.ms', '5']]))).toMatchObject([
      { name: 'log.retention.ms', value: '5', source: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG },
    ])
  })
})
