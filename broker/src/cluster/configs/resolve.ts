/** Which value counts when several places set one: the topic, this broker, all brokers, server.properties, or nobody. */
import { assert } from '../assert.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType } from '../records.ts'
import { BROKER_DEFINITIONS, type BrokerDefinition } from './broker-definitions.ts'
import { type BrokerSynonym, brokerFamily, brokerSynonyms } from './synonyms.ts'
import { TOPIC_CONFIGS, type TopicConfigName } from './topic-definitions.ts'

/** Codes of the DescribeConfigs API. */
export const ConfigSource = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource]

/** Where a broker's values come from; `dynamicBroker` beats `dynamicDefault` beats `staticBroker`. */
export interface BrokerConfigSources {
  /** Set for this broker while running. */
  readonly dynamicBroker: ConfigOverrides
  /** Set for all brokers while running. */
  readonly dynamicDefault: ConfigOverrides
  /** From server.properties. */
  readonly staticBroker: ConfigOverrides
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  readonly source: ConfigSource
}

export interface ResolvedConfig {
  readonly value: string
  readonly source: ConfigSource
  /** The values that were considered, the one that counts first; none if that one has the name of another unit. */
  readonly synonyms: readonly ConfigSynonym[]
}

/** The sources of one broker; without an id, what holds for the cluster as a whole. */
export function configSources(
  view: Pick<ClusterView, 'configs'>,
  staticBroker: ConfigOverrides,
  brokerId?: number,
): BrokerConfigSources {
  return {
    dynamicBroker:
      brokerId === undefined ? new Map() : view.configs(ConfigResourceType.BROKER, String(brokerId)),
    dynamicDefault: view.configs(ConfigResourceType.BROKER, ''),
    staticBroker,
  }
}

export function resolveTopicConfig(
  name: TopicConfigName,
  overrides: ConfigOverrides,
  sources: BrokerConfigSources,
): ResolvedConfig {
  const brokerNames = brokerSynonyms(name)
  const inherited = considered(brokerNames, sources)
  const own = overrides.get(name)
  const synonyms = [...from(brokerNames[0]?.name, inherited)]
  if (own !== undefined) synonyms.unshift({ name, value: own, source: ConfigSource.DYNAMIC_TOPIC_CONFIG })
  return {
    value: own ?? inherited[0]?.converted ?? TOPIC_CONFIGS[name].defaultValue,
    source:
      own === undefined
        ? (inherited[0]?.synonym.source ?? ConfigSource.DEFAULT_CONFIG)
        : ConfigSource.DYNAMIC_TOPIC_CONFIG,
    synonyms,
  }
}

/** All values under any of the names, the one that counts first. */
function considered(names: readonly BrokerSynonym[], sources: BrokerConfigSources) {
  return layers(sources).flatMap(([source, values]) =>
    names.flatMap(({ name, convert }) => {
      const value = values(name)
      return value === undefined ? [] : [{ synonym: { name, value, source }, converted: convert(value) }]
    }),
  )
}

/** As in Kafka what has another name counts only behind what has this one. */
function from(name: string | undefined, values: ReturnType<typeof considered>): readonly ConfigSynonym[] {
  const first = values.findIndex(({ synonym }) => synonym.name === name)
  return first < 0 ? [] : values.slice(first).map(({ synonym }) => synonym)
}

/** Undefined if the broker has no value, as for log.retention.minutes unless it is set. */
export function resolveBrokerConfig(name: string, sources: BrokerConfigSources): ResolvedConfig | undefined {
  assert(BROKER_DEFINITIONS.has(name), `There is no broker configuration ${name}`)
  const synonyms = from(name, considered(brokerFamily(name), sources))
  const [first] = synonyms
  return first && { value: first.value, source: first.source, synonyms }
}

/** The text that a configuration has when nobody sets it. */
function defaultValue({ definition, hasDefault }: BrokerDefinition): string | undefined {
  return hasDefault ? definition.defaultValue : undefined
}

type Lookup = (name: string) => string | undefined

function layers(sources: BrokerConfigSources): readonly (readonly [ConfigSource, Lookup])[] {
  return [
    [ConfigSource.DYNAMIC_BROKER_CONFIG, (name) => sources.dynamicBroker.get(name)],
    [ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, (name) => sources.dynamicDefault.get(name)],
    [ConfigSource.STATIC_BROKER_CONFIG, (name) => sources.staticBroker.get(name)],
    [
      ConfigSource.DEFAULT_CONFIG,
      (name) => {
        const definition = BROKER_DEFINITIONS.get(name)
        return definition && defaultValue(definition)
      },
    ],
  ]
}
