/** What administrators see of a share group. */
import { ErrorCode } from '../../../wire/index.ts'
import type { DescribedShareGroup } from '../bodies.ts'
import type { Group } from '../group.ts'
import { toEntries } from '../target/partitions.ts'
import type { TopicsView } from '../target/topics-view.ts'
import { SHARE_ASSIGNOR } from './assign.ts'

export function describeShareGroup(
  groupId: string,
  group: Group | undefined,
  topics: TopicsView,
): DescribedShareGroup {
  if (group?.type !== 'share') {
    const errorMessage = group ? `Group ${groupId} is not a share group.` : `Group ${groupId} not found.`
    const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, ...nothing }
  }
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: group.stateName,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: SHARE_ASSIGNOR,
    members: [...group.members.values()].map(({ assigned, previousMemberEpoch: _, ...member }) => ({
      ...member,
      subscribedTopicNames: [...member.subscribedTopicNames],
      assignment: {
        // Topics that are being deleted have no name any more.
        topicPartitions: toEntries(assigned).flatMap((entry) => {
          const topicName = topics.byId(entry.topicId)?.name
          return topicName === undefined ? [] : [{ ...entry, topicName }]
        }),
      },
    })),
  }
}
