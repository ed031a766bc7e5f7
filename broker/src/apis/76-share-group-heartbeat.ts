/**
 * ShareGroupHeartbeat (76): a member of a share group joins, stays, or leaves, and learns its assignment (KIP-932).
 */
import type { Infer } from '../wire/index.ts'
import { defineApi, t } from '../wire/index.ts'

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
