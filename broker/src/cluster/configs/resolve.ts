/** Which value counts when several places set one: the topic, this broker, all brokers, server.properties, or nobody. */
import { assert } from '../assert.ts'
import type { ClusterView, ConfigOverrides } from '../image-types.ts'
import { ConfigResourceType } from '../records.ts'
import { BROKER_DEFINITIONS, type BrokerDefinition } from './broker-definitions.ts'
import { brokerSynonyms } from './synonyms.ts'
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
  /** All values that were considered, the one that counts first. */
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
  const candidates: (ConfigSynonym & { readonly converted: string })[] = []
  const own = overrides.get(name)
  if (own !== undefined) {
    candidates.push({ name, value: own, source: ConfigSource.DYNAMIC_TOPIC_CONFIG, converted: own })
  }
  for (const [source, values] of layers(sources)) {
    for (const synonym of brokerSynonyms(name)) {
      const value = values(synonym.name)
      if (value !== undefined) {
        candidates.push({ name: synonym.name, value, source, converted: synonym.convert(value) })
      }
    }
  }
  const value = candidates[0]?.converted ?? TOPIC_CONFIGS[name].defaultValue
  return {
    value,
    source: candidates[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    synonyms: candidates.map(({ converted: _, ...synonym }) => synonym),
  }
}

/** Undefined if the broker has no value, as for log.retention.minutes unless it is set. */
export function resolveBrokerConfig(name: string, sources: BrokerConfigSources): ResolvedConfig | undefined {
  assert(BROKER_DEFINITIONS.has(name), `There is no broker configuration ${name}`)
  const synonyms: ConfigSynonym[] = []
  for (const [source, values] of layers(sources)) {
    const value = values(name)
    if (value !== undefined) synonyms.push({ name, value, source })
  }
  const first = synonyms[0]
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
