/**
 * Heartbeat (12): a member of a classic group is alive, and learns whether a rebalance has begun.
 *
 * - 1: throttle time; 3: static members (KIP-345); 4: flexible
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const HeartbeatApi = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: t.string(),
    generationId: t.int32(),
    memberId: t.string(),
    groupInstanceId: t.string({ since: 3, nullable: 3, default: null }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    errorCode: t.int16(),
  },
})

export type HeartbeatRequest = Infer<typeof HeartbeatApi.request>
export type HeartbeatResponse = Infer<typeof HeartbeatApi.response>

/** Keeps a member's session alive and tells it of a rebalance. */
export async function handleHeartbeat(context: RequestContext, request: HeartbeatRequest) {
  try {
    return await context.broker.groups.run<HeartbeatResponse>(request.groupId, (shard, token, now) =>
      shard.heartbeat(token, request, now),
    )
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error) }
  }
}
