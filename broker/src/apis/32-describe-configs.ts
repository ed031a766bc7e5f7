/**
 * DescribeConfigs (32): the configuration of topics, brokers, groups and loggers, and where each value comes from
 * (KIP-133).
 *
 * - 1: synonyms and sources (KIP-226); 3: types and documentation (KIP-569); 4: flexible
 */
import {
  ConfigResourceType,
  ConfigSource,
  configSources,
  type DescribedConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
  invalidTopicName,
} from '../cluster/index.ts'
import type { BrokerServices, RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { BROKER_LOGGER, describeLoggers } from './broker-loggers.ts'
import { describedConfig } from './config-facts.ts'

export const DescribeConfigsApi = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexible: 4,
  request: {
    resources: t.array({
      resourceType: t.int8(),
      resourceName: t.string(),
      configurationKeys: t.array(t.string(), { nullable: 0 }),
    }),
    includeSynonyms: t.bool({ default: false }),
    includeDocumentation: t.bool({ since: 3 }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    results: t.array({
      errorCode: t.int16(),
      errorMessage: t.string({ nullable: 0 }),
      resourceType: t.int8(),
      resourceName: t.string(),
      configs: t.array({
        name: t.string(),
        value: t.string({ nullable: 0 }),
        readOnly: t.bool(),
        configSource: t.int8({ default: -1 }),
        isSensitive: t.bool(),
        synonyms: t.array({ name: t.string(), value: t.string({ nullable: 0 }), source: t.int8() }),
        configType: t.int8({ since: 3, ignorable: true }),
        documentation: t.string({ since: 3, nullable: 0, ignorable: true }),
      }),
    }),
  },
})

export type DescribeConfigsRequest = Infer<typeof DescribeConfigsApi.request>
export type DescribeConfigsResponse = Infer<typeof DescribeConfigsApi.response>

/** Tells configurations with their sources and synonyms (KIP-226). A broker knows its own values only. */
export function handleDescribeConfigs(context: RequestContext, request: DescribeConfigsRequest) {
  const results = request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
    const resource = { resourceType, resourceName }
    try {
      // As in Kafka no names are all names: that is what some clients send.
      const keys = configurationKeys?.length ? configurationKeys : null
      const configs = describe(context.broker, resourceType, resourceName, keys)
      return {
        ...resource,
        errorCode: ErrorCode.NONE,
        errorMessage: '',
        configs: configs.map((each) => toResult(each, request)),
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { ...resource, errorCode: error.code, errorMessage: error.message, configs: [] }
    }
  })
  return { throttleTimeMs: 0, results }
}

function describe(
  broker: BrokerServices,
  resourceType: number,
  name: string,
  keys: string[] | null,
): DescribedConfig[] {
  const sources = configSources(broker.cluster, broker.config.staticOverrides, broker.config.nodeId)
  if (resourceType === ConfigResourceType.TOPIC) {
    const reason = invalidTopicName(name)
    if (reason !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
    if (!broker.cluster.topics.has(name)) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const described = describeTopicConfig(
      broker.cluster.configs(ConfigResourceType.TOPIC, name),
      sources,
      keys,
    )
    // Unlike CreateTopics, Kafka passes here for a default what no synonym is told of.
    return described.map((each) => ({
      ...each,
      source: each.synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    }))
  }
  if (resourceType === ConfigResourceType.BROKER) {
    if (name === '') return describeBrokerDefaults(sources.dynamicDefault, keys)
    if (name === String(broker.config.nodeId)) return describeBrokerConfig(sources, keys)
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      `Unexpected broker id, expected ${broker.config.nodeId} or empty string, but received ${name}`,
    )
  }
  if (resourceType === ConfigResourceType.GROUP) {
    if (name === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Group name must not be empty')
    return describeGroupConfig(broker.cluster.configs(ConfigResourceType.GROUP, name), sources, keys)
  }
  if (resourceType === ConfigResourceType.CLIENT_METRICS) {
    if (name === '') {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Client metrics subscription name must not be empty')
    }
    return describeClientMetricsConfig(broker.cluster.configs(ConfigResourceType.CLIENT_METRICS, name), keys)
  }
  if (resourceType === BROKER_LOGGER) return describeLoggers(broker.loggers, broker.config.nodeId, name, keys)
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unsupported resource type: ${resourceType}`)
}

function toResult(config: DescribedConfig, request: DescribeConfigsRequest) {
  const { type: configType, documentation, synonyms } = config
  return {
    ...describedConfig(config),
    synonyms: request.includeSynonyms ? synonyms : [],
    configType,
    documentation: request.includeDocumentation ? documentation : null,
  }
}
