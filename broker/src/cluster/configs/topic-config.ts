/** The configuration of one topic as the broker uses it. */
import type { ConfigOverrides } from '../image-types.ts'
import type { ConfigDefinition } from './definition.ts'
import { parseValue } from './definition.ts'
import { type BrokerConfigSources, resolveTopicConfig } from './resolve.ts'
import { TOPIC_CONFIGS, type TopicConfig, topicConfigNames } from './topic-definitions.ts'

export function parseTopicConfig(overrides: ConfigOverrides, sources: BrokerConfigSources): TopicConfig {
  const values: Record<string, unknown> = {}
  for (const name of topicConfigNames()) {
    const definition: ConfigDefinition = TOPIC_CONFIGS[name]
    values[name] = parseValue(name, definition, resolveTopicConfig(name, overrides, sources).value)
  }
  return values as TopicConfig
}
