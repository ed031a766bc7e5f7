/** Configurations of topics, brokers, groups and so on (KIP-133, KIP-339). */
import { describeConfigsV4, incrementalAlterConfigsV1 } from '@platformatic/kafka'
import { ask, type Cluster } from './cluster.ts'
import { check } from './exceptions.ts'

/** Numbers of the protocol. */
export const resourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export type ResourceType = (typeof resourceTypes)[keyof typeof resourceTypes]

export interface Resource {
  readonly type: ResourceType
  readonly name: string
}

export interface ConfigEntry {
  readonly name: string
  /** Null if it is secret. */
  readonly value: string | null
  /** One of {@link sources}. */
  readonly source: string
  readonly isSensitive: boolean
  readonly synonyms: readonly {
    readonly name: string
    readonly value: string | null
    readonly source: string
  }[]
}

/** Where a value comes from, by the number in the protocol. */
const sources = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
]

const SET = 0
const DELETE = 1

/** By name. */
export async function describeConfigs(cluster: Cluster, { type, name }: Resource): Promise<ConfigEntry[]> {
  const connection = await responsible(cluster, { type, name }, 'describeConfigs')
  const answer = await ask(
    describeConfigsV4.api,
    connection,
    [{ resourceType: type, resourceName: name, configurationKeys: null }],
    true,
    false,
  )
  for (const { errorCode, errorMessage } of answer.results) check(errorCode, errorMessage)
  return answer.results
    .flatMap(({ configs }) => configs)
    .map((config) => ({
      name: config.name,
      value: config.value ?? null,
      source: sources[config.configSource] ?? 'UNKNOWN',
      isSensitive: config.isSensitive,
      synonyms: config.synonyms.map((each) => ({
        name: each.name,
        value: each.value ?? null,
        source: sources[each.source] ?? 'UNKNOWN',
      })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether a value was set, here or for all brokers, rather than being Kafka's own. */
export function isDefault({ source }: ConfigEntry): boolean {
  return source === 'DEFAULT_CONFIG'
}

export async function alterConfigs(
  cluster: Cluster,
  { type, name }: Resource,
  added: Readonly<Record<string, string>>,
  deleted: readonly string[],
): Promise<void> {
  const connection = await responsible(cluster, { type, name }, 'incrementalAlterConfigs')
  const configs = [
    ...Object.entries(added).map(([key, value]) => ({ name: key, configOperation: SET, value }) as const),
    ...deleted.map((key) => ({ name: key, configOperation: DELETE }) as const),
  ]
  const { responses } = await ask(
    incrementalAlterConfigsV1.api,
    connection,
    [{ resourceType: type, resourceName: name, configs }],
    false,
  )
  for (const { errorCode, errorMessage } of responses) check(errorCode, errorMessage)
}

/** Only the broker itself knows what its own file says. */
function responsible(cluster: Cluster, { type, name }: Resource, call: string) {
  const isOneBroker = type === resourceTypes.broker || type === resourceTypes.brokerLogger
  return isOneBroker && name !== '' ? cluster.broker(Number(name), call) : cluster.anyBroker(call)
}
