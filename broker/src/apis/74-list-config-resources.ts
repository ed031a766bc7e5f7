/**
 * ListConfigResources (74): the resources that have configurations (KIP-1142).
 *
 * - 0: client metrics subscriptions only (KIP-1000); 1: any types, all if none is named
 */
import { ConfigResourceType } from '../cluster/index.ts'
import type { BrokerServices, RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { BROKER_LOGGER } from './broker-loggers.ts'

export const ListConfigResourcesApi = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: { resourceTypes: t.array(t.int8(), { since: 1 }) },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    configResources: t.array({
      resourceName: t.string(),
      resourceType: t.int8({ since: 1, ignorable: true, default: 16 }),
    }),
  },
})

export type ListConfigResourcesRequest = Infer<typeof ListConfigResourcesApi.request>
export type ListConfigResourcesResponse = Infer<typeof ListConfigResourcesApi.response>

const TYPES_SINCE = 1

/** Topics and brokers all have configurations; of groups and subscriptions those that were given some. */
export function handleListConfigResources(
  { broker, apiVersion }: RequestContext,
  request: ListConfigResourcesRequest,
) {
  const wanted = apiVersion < TYPES_SINCE ? [ConfigResourceType.CLIENT_METRICS] : request.resourceTypes
  const supported: readonly number[] = [...Object.values(ConfigResourceType), BROKER_LOGGER]
  if (wanted.some((type) => !supported.includes(type))) {
    return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] }
  }
  const types = new Set(wanted.length === 0 ? supported : wanted)
  const configResources = [...types].flatMap((resourceType) =>
    namesOf(broker, resourceType).map((resourceName) => ({ resourceName, resourceType })),
  )
  return { errorCode: ErrorCode.NONE, configResources }
}

function namesOf({ cluster }: BrokerServices, type: number): readonly string[] {
  switch (type) {
    case ConfigResourceType.TOPIC:
      return [...cluster.topics.keys()]
    case ConfigResourceType.BROKER:
    case BROKER_LOGGER:
      return [...cluster.brokers.keys()].map(String)
    case ConfigResourceType.GROUP:
      return cluster.configuredNames(ConfigResourceType.GROUP)
    default:
      return cluster.configuredNames(ConfigResourceType.CLIENT_METRICS)
  }
}
