/**
 * BrokerHeartbeat (63): a broker tells the controller that it is alive and how far it follows the metadata,
 * and learns whether it is fenced and whether it may shut down (KIP-631).
 *
 * - 1: failed log directories (KIP-858); 2: cordoned ones (KIP-1066)
 */
import { type HeartbeatReply, heartbeatWithoutChange } from '../cluster/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, ErrorCode, KafkaError, t } from '../wire/index.ts'
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

/**
 * Hears a broker; tells it whether it is fenced, and whether it may go. It lives, and hears so in time, however long the
 * coordination store takes for what it or others want changed.
 */
export async function handleBrokerHeartbeat(context: RequestContext, request: BrokerHeartbeatRequest) {
  const { controller, cluster, runtime } = context.broker
  const { brokerId, brokerEpoch, currentMetadataOffset, wantFence, wantShutDown } = request
  const heartbeat = { brokerId, brokerEpoch, currentMetadataOffset, wantFence, wantShutDown }
  try {
    if (!controller.isActive) throw new KafkaError(ErrorCode.NOT_CONTROLLER)
    const unchanged = heartbeatWithoutChange(cluster, heartbeat)
    controller.heard(brokerId, brokerEpoch, context.connection)
    const reply = unchanged ?? (await inTime(context, brokerId, controller.submit('heartbeat', heartbeat)))
    if (reply.shouldShutDown) controller.left(brokerId)
    else
      controller.observers.heard(brokerId, currentMetadataOffset + 1, cluster.offset + 1, runtime.clock.now())
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

/** Until it is decided the broker is what it was; it asks again. It would give up a connection that is silent for longer. */
function inTime(
  context: RequestContext,
  brokerId: number,
  decided: Promise<HeartbeatReply>,
): Promise<HeartbeatReply> {
  const { runtime, config, cluster } = context.broker
  return new Promise((resolve, reject) => {
    const timer = runtime.timers.after(config.settings['broker.session.timeout.ms'] / 4, () => {
      const isFenced = cluster.brokers.get(brokerId)?.fenced !== false
      resolve({ isCaughtUp: true, isFenced, shouldShutDown: false })
    })
    decided.finally(() => timer.cancel()).then(resolve, reject)
  })
}
