/** Configurations as the DescribeConfigs and CreateTopics APIs show them: value, source and synonyms (KIP-226). */
import type { ConfigOverrides } from '../image-types.ts'
import { BROKER_DEFINITIONS, type BrokerDefinition } from './broker-definitions.ts'
import { CLIENT_METRICS_DEFINITIONS } from './client-metrics-definitions.ts'
import type { ConfigType } from './definition.ts'
import { brokerNameOf, GROUP_CONFIGS, groupConfigNames } from './group-definitions.ts'
import {
  type BrokerConfigSources,
  ConfigSource,
  type ConfigSynonym,
  resolveBrokerConfig,
  resolveTopicConfig,
} from './resolve.ts'
import { TOPIC_CONFIGS, topicConfigNames } from './topic-definitions.ts'

export interface DescribedConfig {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
  readonly readOnly: boolean
  readonly isSensitive: boolean
  readonly type: ConfigType
  readonly documentation: string | null
  readonly synonyms: readonly ConfigSynonym[]
}

/** `names` null or undefined: all. Names that do not exist are left out, as in Kafka. */
export function describeTopicConfig(
  overrides: ConfigOverrides,
  sources: BrokerConfigSources,
  names?: readonly string[] | null,
): DescribedConfig[] {
  return topicConfigNames()
    .filter((name) => names?.includes(name) ?? true)
    .map((name) => ({
      name,
      ...resolveTopicConfig(name, overrides, sources),
      readOnly: false,
      isSensitive: false,
      type: TOPIC_CONFIGS[name].type,
      documentation: TOPIC_CONFIGS[name].documentation,
    }))
}

/** What a group works with. */
export function describeGroupConfig(
  overrides: ConfigOverrides,
  sources: BrokerConfigSources,
  names?: readonly string[] | null,
): DescribedConfig[] {
  return groupConfigNames()
    .filter((name) => names?.includes(name) ?? true)
    .map((name) => {
      const { type, documentation, defaultValue } = GROUP_CONFIGS[name]
      const brokerName = brokerNameOf(name)
      const synonyms: ConfigSynonym[] = []
      const override = overrides.get(name)
      if (override !== undefined)
        synonyms.push({ name, value: override, source: ConfigSource.DYNAMIC_GROUP_CONFIG })
      if (brokerName === undefined)
        synonyms.push({ name, value: defaultValue, source: ConfigSource.DEFAULT_CONFIG })
      else synonyms.push(...(resolveBrokerConfig(brokerName, sources)?.synonyms ?? []))
      const { value, source } = synonyms[0] as ConfigSynonym
      return { name, value, source, synonyms, readOnly: false, isSensitive: false, type, documentation }
    })
}

/** A subscription to metrics of clients. */
export function describeClientMetricsConfig(
  overrides: ConfigOverrides,
  names?: readonly string[] | null,
): DescribedConfig[] {
  return [...CLIENT_METRICS_DEFINITIONS]
    .filter(([name]) => names?.includes(name) ?? true)
    .map(([name, definition]) => {
      const own = overrides.get(name)
      const source = ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG
      return {
        ...described(name, { definition, dynamic: true, hasDefault: true }),
        value: own ?? definition.defaultValue,
        source: own === undefined ? ConfigSource.DEFAULT_CONFIG : source,
        synonyms: own === undefined ? [] : [{ name, value: own, source }],
      }
    })
}

/** What one broker works with. */
export function describeBrokerConfig(
  sources: BrokerConfigSources,
  names?: readonly string[] | null,
): DescribedConfig[] {
  return [...BROKER_DEFINITIONS]
    .filter(([name]) => names?.includes(name) ?? true)
    .map(([name, definition]) => {
      const resolved = resolveBrokerConfig(name, sources)
      return {
        ...described(name, definition),
        value: resolved?.value ?? null,
        source: resolved?.source ?? ConfigSource.DEFAULT_CONFIG,
        synonyms: resolved?.synonyms ?? [],
      }
    })
}

/** What was set for all brokers (the broker resource without a name). */
export function describeBrokerDefaults(
  dynamicDefault: ConfigOverrides,
  names?: readonly string[] | null,
): DescribedConfig[] {
  const source = ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG
  return [...dynamicDefault]
    .filter(([name]) => names?.includes(name) ?? true)
    .flatMap(([name, value]) => {
      const definition = BROKER_DEFINITIONS.get(name)
      if (definition === undefined) return []
      return [{ ...described(name, definition), value, source, synonyms: [{ name, value, source }] }]
    })
}

function described(name: string, { definition, dynamic }: BrokerDefinition) {
  return {
    name,
    readOnly: !dynamic,
    // Nothing here is a secret: passwords and keys come with authentication.
    isSensitive: false,
    type: definition.type,
    documentation: definition.documentation,
  }
}
