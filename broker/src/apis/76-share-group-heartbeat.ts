/**
 * ShareGroupHeartbeat (76): a member of a share group joins, stays, or leaves, and learns its assignment (KIP-932).
 */
import { shareGroupHeartbeat } from '../coordinators/groups/index.ts'
import type { RequestContext } from '../server/context.ts'
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'
import { errorCodeOf, requireFeature } from './cluster-facts.ts'
import { shareMissingPartitions } from './shared-partitions.ts'

export const ShareGroupHeartbeatApi = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexible: 0,
  request: {
    groupId: t.string(),
    memberId: t.string(),
    memberEpoch: t.int32(),
    rackId: t.string({ nullable: 0, default: null }),
    subscribedTopicNames: t.array(t.string(), { nullable: 0, default: null }),
  },
  response: {
    throttleTimeMs: t.int32({ default: 0 }),
    errorCode: t.int16(),
    errorMessage: t.string({ nullable: 0, default: null }),
    memberId: t.string({ nullable: 0, default: null }),
    memberEpoch: t.int32(),
    heartbeatIntervalMs: t.int32(),
    assignment: t.struct(
      { topicPartitions: t.array({ topicId: t.uuid(), partitions: t.array(t.int32()) }) },
      { nullable: 0, default: null },
    ),
  },
})

export type ShareGroupHeartbeatRequest = Infer<typeof ShareGroupHeartbeatApi.request>
export type ShareGroupHeartbeatResponse = Infer<typeof ShareGroupHeartbeatApi.response>

/** Joins, stays in or leaves a share group. Partitions that the group is the first to read get their state on the way. */
export async function handleShareGroupHeartbeat(
  context: RequestContext,
  request: ShareGroupHeartbeatRequest,
) {
  const { broker, apiVersion: version, clientId, clientHost } = context
  const caller = { version, clientId, clientHost: `/${clientHost}` }
  const heartbeat = (sent: ShareGroupHeartbeatRequest, mustTell = false) =>
    broker.groups.run<ShareGroupHeartbeatResponse>(request.groupId, (shard, token, now) =>
      shard.request(token, sent.groupId, now, (effects) =>
        shareGroupHeartbeat(effects, sent, caller, mustTell),
      ),
    )
  try {
    requireFeature(broker, 'share.version')
    const answer = await heartbeat(request)
    if (answer.errorCode !== 0 || request.memberEpoch < 0) return answer
    const isChanged = await shareMissingPartitions(broker, request.groupId)
    // The partitions that may be assigned now are told with this answer, not with that of the next heartbeat.
    if (!isChanged) return answer
    // An assignment that the first heartbeat brought is told by this answer only, and is not new to the second one.
    return await heartbeat({ ...request, memberEpoch: answer.memberEpoch }, answer.assignment !== null)
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorCodeOf(error), memberEpoch: 0, heartbeatIntervalMs: 0 }
  }
}
