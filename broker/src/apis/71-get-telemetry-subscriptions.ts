/** GetTelemetrySubscriptions (71): a client asks which of its metrics it is to push, and how often (KIP-714). */
import type { RequestContext } from '../server/context.ts'
import { TELEMETRY_COMPRESSIONS } from '../telemetry/client-metrics/client-metrics.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t, ZERO_UUID } from '../wire/index.ts'
import { telemetryClient } from './telemetry-client.ts'

export const GetTelemetrySubscriptionsApi = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexible: 0,
  request: { clientInstanceId: t.uuid() },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    clientInstanceId: t.uuid(),
    subscriptionId: t.int32(),
    acceptedCompressionTypes: t.array(t.int8()),
    pushIntervalMs: t.int32(),
    telemetryMaxBytes: t.int32(),
    deltaTemporality: t.bool(),
    requestedMetrics: t.array(t.string()),
  },
})

export type GetTelemetrySubscriptionsRequest = Infer<typeof GetTelemetrySubscriptionsApi.request>

const NOTHING = {
  clientInstanceId: ZERO_UUID,
  subscriptionId: 0,
  acceptedCompressionTypes: [],
  pushIntervalMs: 0,
  telemetryMaxBytes: 0,
  deltaTemporality: false,
  requestedMetrics: [],
}

/** Wants sums as they are since the start of the client, which is what Prometheus expects: a lost push loses nothing. */
export function handleGetTelemetrySubscriptions(
  context: RequestContext,
  request: GetTelemetrySubscriptionsRequest,
) {
  const { clientMetrics } = context.broker
  try {
    const asked = clientMetrics.ask(request.clientInstanceId, telemetryClient(context))
    const { clientInstanceId, subscriptionId, intervalMs, metrics } = asked
    context.connection?.onceClosed('telemetry', () => clientMetrics.disconnected(clientInstanceId))
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      clientInstanceId,
      subscriptionId,
      acceptedCompressionTypes: [...TELEMETRY_COMPRESSIONS.keys()],
      pushIntervalMs: intervalMs,
      telemetryMaxBytes: clientMetrics.pushBytesMax,
      deltaTemporality: false,
      requestedMetrics: [...metrics],
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { throttleTimeMs: 0, errorCode: error.code, ...NOTHING }
  }
}
