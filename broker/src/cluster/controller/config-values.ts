/** Checks of one value that somebody sets on a topic or on brokers. */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import { reasonForAbsence } from '../configs/absent-configs.ts'
import { BROKER_DEFINITIONS } from '../configs/broker-definitions.ts'
import { CLIENT_METRICS_DEFINITIONS, checkClientMetricsValue } from '../configs/client-metrics-definitions.ts'
import { type ConfigDefinition, ConfigType, checkSettable, splitList } from '../configs/definition.ts'
import { GROUP_CONFIGS, isGroupConfigName } from '../configs/group-definitions.ts'
import { isTopicConfigName, TOPIC_CONFIGS } from '../configs/topic-definitions.ts'
import { ConfigResourceType } from '../records.ts'

/** The value as it is kept; throws if the configuration is unknown, or the value illegal or not available yet. */
export function settableValue(type: ConfigResourceType, name: string, value: string): string {
  const definition = definitionOf(type, name)
  if (definition === undefined) {
    if (type === ConfigResourceType.CLIENT_METRICS) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown client metrics configuration: ${name}`)
    }
    const reason = type === ConfigResourceType.BROKER ? reasonForAbsence(name) : undefined
    const why = reason === undefined ? '' : ` (${reason})`
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `Unknown ${KINDS[type]} config name: ${name}${why}`)
  }
  asRequest(type, () => checkSettable(name, definition, value))
  if (type === ConfigResourceType.CLIENT_METRICS) checkClientMetricsValue(name, value)
  if (definition.type !== ConfigType.LIST) return value
  return [...new Set(splitList(value))].join(',')
}

/** What is wrong with a broker's value Kafka calls a wrong request. */
export function asRequest(type: ConfigResourceType, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof KafkaError) || type !== ConfigResourceType.BROKER) throw error
    throw new KafkaError(ErrorCode.INVALID_REQUEST, error.message)
  }
}

export function definitionOf(type: ConfigResourceType, name: string): ConfigDefinition | undefined {
  if (type === ConfigResourceType.BROKER) return BROKER_DEFINITIONS.get(name)?.definition
  if (type === ConfigResourceType.CLIENT_METRICS) return CLIENT_METRICS_DEFINITIONS.get(name)
  if (type === ConfigResourceType.GROUP) return isGroupConfigName(name) ? GROUP_CONFIGS[name] : undefined
  return isTopicConfigName(name) ? TOPIC_CONFIGS[name] : undefined
}

/** Configurations of brokers that can only be set in server.properties. */
export function isReadOnly(type: ConfigResourceType, name: string): boolean {
  return type === ConfigResourceType.BROKER && BROKER_DEFINITIONS.get(name)?.dynamic === false
}

const KINDS: Readonly<Record<Exclude<ConfigResourceType, 16>, string>> = {
  [ConfigResourceType.TOPIC]: 'topic',
  [ConfigResourceType.BROKER]: 'broker',
  [ConfigResourceType.GROUP]: 'group',
}
