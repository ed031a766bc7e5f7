/** What administrators see of a consumer group. */
import { ErrorCode } from '../../../wire/index.ts'
import type { DescribedConsumerGroup } from '../bodies.ts'
import type { GroupConfig } from '../config.ts'
import type { Group } from '../group.ts'
import { type Partitions, toEntries } from '../target/partitions.ts'
import type { TopicsView } from '../target/topics-view.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { assignorOf } from './settle.ts'

const memberType = { classic: 0, consumer: 1 }

export function describeConsumerGroup(
  groupId: string,
  group: Group | undefined,
  config: GroupConfig,
  topics: TopicsView,
): DescribedConsumerGroup {
  if (group?.type === 'consumer') return describe(group, config, topics)
  const errorMessage = group ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
  const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, ...nothing }
}

function describe(group: ConsumerGroup, config: GroupConfig, topics: TopicsView): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.stateName,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: assignorOf(config, group),
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      rackId: member.rackId,
      memberEpoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: member.subscribedTopicNames,
      subscribedTopicRegex: member.subscribedTopicRegex,
      assignment: assignment(member.assigned, topics),
      targetAssignment: assignment(group.targetOf(member.memberId), topics),
      memberType: member.classic ? memberType.classic : memberType.consumer,
    })),
  }
}

/** Topics that are being deleted have no name any more. */
function assignment(partitions: Partitions, topics: TopicsView) {
  const named = toEntries(partitions).flatMap((entry) => {
    const topicName = topics.byId(entry.topicId)?.name
    return topicName === undefined ? [] : [{ ...entry, topicName }]
  })
  return { topicPartitions: named }
}
