/**
 * SyncGroup (14): the leader of a classic group hands in the assignments, every member gets its own.
 *
 * - 1: throttle time; 3: static members (KIP-345); 4: flexible; 5: protocol type and name are checked (KIP-559)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const SyncGroupApi = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: t.string(),
    generationId: t.int32(),
    memberId: t.string(),
    groupInstanceId: t.string({ since: 3, nullable: 3, default: null }),
    protocolType: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
    protocolName: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
    assignments: t.array({ memberId: t.string(), assignment: t.bytes() }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    errorCode: t.int16(),
    protocolType: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
    protocolName: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
    assignment: t.bytes(),
  },
})

export type SyncGroupRequest = Infer<typeof SyncGroupApi.request>
export type SyncGroupResponse = Infer<typeof SyncGroupApi.response>

/** Takes the leader's assignment, or waits for it, and answers the member's own part. */
export async function handleSyncGroup(context: RequestContext, request: SyncGroupRequest) {
  try {
    return await context.broker.groups.run<SyncGroupResponse>(request.groupId, (shard, token, now) =>
      shard.syncGroup(token, request, now),
    )
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), assignment: Buffer.alloc(0) }
  }
}
