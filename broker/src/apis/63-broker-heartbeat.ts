/**
 * BrokerHeartbeat (63): a broker tells the controller that it is alive and how far it follows the metadata,
 * and learns whether it is fenced and whether it may shut down (KIP-631).
 *
 * - 1: failed log directories (KIP-858); 2: cordoned ones (KIP-1066)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const BrokerHeartbeatApi = defineApi({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: [0, 2],
  flexible: 0,
  request: {
    brokerId: t.int32(),
    brokerEpoch: t.int64({ default: -1 }),
    currentMetadataOffset: t.int64(),
    wantFence: t.bool(),
    wantShutDown: t.bool(),
    offlineLogDirs: t.array(t.uuid(), { since: 1, tag: 0 }),
    cordonedLogDirs: t.array(t.uuid(), { since: 2, nullable: 2, tag: 1, default: null }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    isCaughtUp: t.bool({ default: false }),
    isFenced: t.bool({ default: true }),
    shouldShutDown: t.bool(),
  },
})

export type BrokerHeartbeatRequest = Infer<typeof BrokerHeartbeatApi.request>
export type BrokerHeartbeatResponse = Infer<typeof BrokerHeartbeatApi.response>

/** Hears a broker; tells it whether it is fenced, and whether it may go. */
export async function handleBrokerHeartbeat(context: RequestContext, request: BrokerHeartbeatRequest) {
  const { controller, cluster, runtime } = context.broker
  const { brokerId, brokerEpoch, currentMetadataOffset, wantFence, wantShutDown } = request
  const heartbeat = { brokerId, brokerEpoch, currentMetadataOffset, wantFence, wantShutDown }
  try {
    const reply = await controller.submit('heartbeat', heartbeat)
    if (reply.shouldShutDown) controller.left(brokerId)
    else {
      controller.heard(brokerId, brokerEpoch, context.connection)
      controller.observers.heard(brokerId, currentMetadataOffset + 1, cluster.offset + 1, runtime.clock.now())
    }
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, ...reply }
  } catch (error) {
    return {
      throttleTimeMs: 0,
      errorCode: errorCodeOf(error),
      isCaughtUp: false,
      isFenced: true,
      shouldShutDown: false,
    }
  }
}
