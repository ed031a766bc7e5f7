/** PushTelemetry (72): a client pushes its metrics, as OpenTelemetry's MetricsData (KIP-714). */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
import { telemetryClient } from './telemetry-client.ts'

export const PushTelemetryApi = defineApi({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexible: 0,
  request: {
    clientInstanceId: t.uuid(),
    subscriptionId: t.int32(),
    terminating: t.bool(),
    compressionType: t.int8(),
    metrics: t.bytes(),
  },
  response: { throttleTimeMs: t.int32({ default: 0 }), errorCode: t.int16() },
})

export type PushTelemetryRequest = Infer<typeof PushTelemetryApi.request>

export async function handlePushTelemetry(context: RequestContext, request: PushTelemetryRequest) {
  const { clientMetrics } = context.broker
  const { clientInstanceId } = request
  context.connection?.onceClosed('telemetry', () => clientMetrics.disconnected(clientInstanceId))
  try {
    await clientMetrics.push(request, telemetryClient(context))
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { throttleTimeMs: 0, errorCode: error.code }
  }
}
