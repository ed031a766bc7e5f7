/**
 * LeaveGroup (13): members leave a classic group.
 *
 * - 1: throttle time; 3: several members, also static ones by instance id (KIP-345); 4: flexible; 5: reason (KIP-800)
 */
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const LeaveGroupApi = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: t.string(),
    memberId: t.string({ until: 2 }),
    members: t.array(
      {
        memberId: t.string(),
        groupInstanceId: t.string({ nullable: 3, default: null }),
        reason: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
      },
      { since: 3 },
    ),
  },
  response: {
    throttleTimeMs: t.int32({ since: 1, ignorable: true }),
    errorCode: t.int16(),
    members: t.array(
      { memberId: t.string(), groupInstanceId: t.string({ nullable: 3 }), errorCode: t.int16() },
      { since: 3 },
    ),
  },
})

export type LeaveGroupRequest = Infer<typeof LeaveGroupApi.request>
export type LeaveGroupResponse = Infer<typeof LeaveGroupApi.response>

/** Takes members out of their group. */
export async function handleLeaveGroup(context: RequestContext, request: LeaveGroupRequest) {
  try {
    return await context.broker.groups.run<LeaveGroupResponse>(request.groupId, (shard, token, now) =>
      shard.leaveGroup(token, request, context.apiVersion, now),
    )
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), members: [] }
  }
}
