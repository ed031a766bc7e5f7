/**
 * JoinGroup (11): a member enters a group of the classic protocol, or enters it again for a rebalance.
 *
 * - 1: rebalance timeout (KIP-62); 4: MEMBER_ID_REQUIRED, joining in two steps (KIP-394); 5: static members (KIP-345)
 * - 6: flexible; 7: protocol type in the response (KIP-559); 8: reason (KIP-800); 9: skipAssignment (KIP-814)
 */

import { randomUuidText } from '../runtime/uuid.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf } from './cluster-facts.ts'

export const JoinGroupApi = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: t.string(),
    sessionTimeoutMs: t.int32(),
    rebalanceTimeoutMs: t.int32({ since: 1, default: -1, ignorable: true }),
    memberId: t.string(),
    groupInstanceId: t.string({ since: 5, nullable: 5, default: null }),
    protocolType: t.string(),
    protocols: t.array({ name: t.string(), metadata: t.bytes() }),
    reason: t.string({ since: 8, nullable: 8, default: null, ignorable: true }),
  },
  response: {
    throttleTimeMs: t.int32({ since: 2, ignorable: true }),
    errorCode: t.int16(),
    generationId: t.int32({ default: -1 }),
    protocolType: t.string({ since: 7, nullable: 7, default: null, ignorable: true }),
    protocolName: t.string({ nullable: 7 }),
    leader: t.string(),
    skipAssignment: t.bool({ since: 9 }),
    memberId: t.string(),
    members: t.array({
      memberId: t.string(),
      groupInstanceId: t.string({ since: 5, nullable: 5, default: null, ignorable: true }),
      metadata: t.bytes(),
    }),
  },
})

export type JoinGroupRequest = Infer<typeof JoinGroupApi.request>
export type JoinGroupResponse = Infer<typeof JoinGroupApi.response>

/** Joins or rejoins a group; the answer waits for the rebalance. */
export async function handleJoinGroup(context: RequestContext, request: JoinGroupRequest) {
  const { broker, apiVersion: version, clientId, clientHost } = context
  const caller = { version, clientId, clientHost: `/${clientHost}` }
  const newMemberUuid = () => randomUuidText(broker.runtime.random)
  try {
    return await broker.groups.run<JoinGroupResponse>(request.groupId, (shard, token, now) =>
      shard.joinGroup(token, request, caller, now, newMemberUuid),
    )
  } catch (error) {
    return {
      throttleTimeMs: 0,
      errorCode: errorCodeOf(error),
      protocolName: '',
      leader: '',
      memberId: request.memberId,
      members: [],
    }
  }
}
