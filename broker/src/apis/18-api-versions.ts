/**
 * ApiVersions (18): which APIs and versions the broker speaks, and which features it has. Clients ask this
 * first, so the response header never has tagged fields, and a version that is too new is answered in version
 * 0.
 *
 * - 1: throttle time; 3: flexible, the client's software (KIP-511), features (KIP-584)
 * - 4: a feature's lowest level may be 0 (KAFKA-17011)
 */

import { type ClusterView, featureLevel, SUPPORTED_FEATURES } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { type Api, defineApi, ErrorCode, t } from '../wire/index.ts'

export const ApiVersionsApi = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexible: 3,
  request: {
    clientSoftwareName: t.string({ since: 3, ignorable: true }),
    clientSoftwareVersion: t.string({ since: 3, ignorable: true }),
  },
  response: {
    errorCode: t.int16(),
    apiKeys: t.array({ apiKey: t.int16(), minVersion: t.int16(), maxVersion: t.int16() }),
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    supportedFeatures: t.array(
      { name: t.string(), minVersion: t.int16(), maxVersion: t.int16() },
      { since: 3, tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: t.int64({ since: 3, tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: t.array(
      { name: t.string(), maxVersionLevel: t.int16(), minVersionLevel: t.int16() },
      { since: 3, tag: 2, ignorable: true },
    ),
    zkMigrationReady: t.bool({ since: 3, tag: 3, ignorable: true }),
  },
})

export type ApiVersionsRequest = Infer<typeof ApiVersionsApi.request>
export type ApiVersionsResponse = Infer<typeof ApiVersionsApi.response>

/** Tells what this broker serves: the APIs that have a handler, in the ranges of kafka-protocol's table. */
export function apiVersionsHandler(served: readonly Api[]) {
  const apiKeys = served.map(({ key, advertised: [minVersion, maxVersion] }) => ({
    apiKey: key,
    minVersion,
    maxVersion,
  }))
  const withoutTelemetry = apiKeys.filter(({ apiKey }) => !TELEMETRY_KEYS.has(apiKey))
  return (context: RequestContext, request: ApiVersionsRequest) => {
    if (context.apiVersion >= CLIENT_NAME_SINCE && !isClientNamed(request)) {
      return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [], throttleTimeMs: 0 }
    }
    const { clientSoftwareName: name, clientSoftwareVersion: version } = request
    const { connection } = context
    if (connection !== undefined && name !== '') connection.clientSoftware = { name, version }
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: context.broker.config.metricsListener === null ? withoutTelemetry : apiKeys,
      throttleTimeMs: 0,
      ...features(context.broker.cluster, context.apiVersion),
    }
  }
}

/** Clients are asked for metrics only where somebody can read them, as Kafka does with a plugin for them (KIP-714). */
const TELEMETRY_KEYS: ReadonlySet<number> = new Set([71, 72])
const CLIENT_NAME_SINCE = 3
/** Clients of before take a lowest level of 0 for an error. */
const ZERO_LEVELS_SINCE = 4
/** KIP-511. */
const CLIENT_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

function isClientNamed({ clientSoftwareName, clientSoftwareVersion }: ApiVersionsRequest): boolean {
  return CLIENT_NAME.test(clientSoftwareName) && CLIENT_NAME.test(clientSoftwareVersion)
}

function features(cluster: ClusterView, apiVersion: number) {
  const names = Object.keys(SUPPORTED_FEATURES)
  const finalizedFeatures = names
    .map((name) => ({ name, level: featureLevel(cluster, name) }))
    .filter(({ level }) => level > 0)
    .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level }))
  const supportedFeatures = Object.entries(SUPPORTED_FEATURES)
    .map(([name, range]) => ({ name, ...range }))
    .filter(({ minVersion }) => minVersion > 0 || apiVersion >= ZERO_LEVELS_SINCE)
  return { supportedFeatures, finalizedFeaturesEpoch: cluster.offset, finalizedFeatures }
}
