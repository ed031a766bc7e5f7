/** Bodies of the group APIs: requests as they are decoded, responses as they are to be encoded. */
import type { OffsetCommitApi, OffsetCommitRequest } from '../../apis/08-offset-commit.ts'
import type { OffsetFetchApi, OffsetFetchRequest } from '../../apis/09-offset-fetch.ts'
import type { JoinGroupApi, JoinGroupRequest } from '../../apis/11-join-group.ts'
import type { HeartbeatApi, HeartbeatRequest } from '../../apis/12-heartbeat.ts'
import type { LeaveGroupApi, LeaveGroupRequest } from '../../apis/13-leave-group.ts'
import type { SyncGroupApi, SyncGroupRequest } from '../../apis/14-sync-group.ts'
import type { DescribeGroupsApi } from '../../apis/15-describe-groups.ts'
import type { ListGroupsApi } from '../../apis/16-list-groups.ts'
import type { DeleteGroupsApi } from '../../apis/42-delete-groups.ts'
import type { OffsetDeleteApi, OffsetDeleteRequest } from '../../apis/47-offset-delete.ts'
import type {
  ConsumerGroupHeartbeatApi,
  ConsumerGroupHeartbeatRequest,
} from '../../apis/68-consumer-group-heartbeat.ts'
import type { ConsumerGroupDescribeApi } from '../../apis/69-consumer-group-describe.ts'
import type {
  ShareGroupHeartbeatApi,
  ShareGroupHeartbeatRequest,
} from '../../apis/76-share-group-heartbeat.ts'
import type { ShareGroupDescribeApi } from '../../apis/77-share-group-describe.ts'

import type {
  StreamsGroupHeartbeatApi,
  StreamsGroupHeartbeatRequest,
} from '../../apis/88-streams-group-heartbeat.ts'

import type { StreamsGroupDescribeApi } from '../../apis/89-streams-group-describe.ts'
import type { Draft } from '../../wire/index.ts'

export type {
  ConsumerGroupHeartbeatRequest,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  ShareGroupHeartbeatRequest,
  StreamsGroupHeartbeatRequest,
  SyncGroupRequest,
}

export type JoinGroupResponse = Draft<typeof JoinGroupApi.response>
export type SyncGroupResponse = Draft<typeof SyncGroupApi.response>
export type HeartbeatResponse = Draft<typeof HeartbeatApi.response>
export type LeaveGroupResponse = Draft<typeof LeaveGroupApi.response>
export type OffsetCommitResponse = Draft<typeof OffsetCommitApi.response>
type OffsetFetchResponse = Draft<typeof OffsetFetchApi.response>
type DescribeGroupsResponse = Draft<typeof DescribeGroupsApi.response>
type ListGroupsResponse = Draft<typeof ListGroupsApi.response>
export type OffsetDeleteResponse = Draft<typeof OffsetDeleteApi.response>
export type ConsumerGroupHeartbeatResponse = Draft<typeof ConsumerGroupHeartbeatApi.response>
export type StreamsGroupHeartbeatResponse = Draft<typeof StreamsGroupHeartbeatApi.response>
type StreamsGroupDescribeResponse = Draft<typeof StreamsGroupDescribeApi.response>
export type DescribedStreamsGroup = StreamsGroupDescribeResponse['groups'][number]
type ConsumerGroupDescribeResponse = Draft<typeof ConsumerGroupDescribeApi.response>
export type DescribedConsumerGroup = ConsumerGroupDescribeResponse['groups'][number]
export type ShareGroupHeartbeatResponse = Draft<typeof ShareGroupHeartbeatApi.response>
type ShareGroupDescribeResponse = Draft<typeof ShareGroupDescribeApi.response>
export type DescribedShareGroup = ShareGroupDescribeResponse['groups'][number]
export type DeleteGroupsResponse = Draft<typeof DeleteGroupsApi.response>

export type OffsetFetchRequestGroup = OffsetFetchRequest['groups'][number]
export type OffsetFetchResponseGroup = NonNullable<OffsetFetchResponse['groups']>[number]
export type DescribedGroup = DescribeGroupsResponse['groups'][number]
export type ListedGroup = ListGroupsResponse['groups'][number]
