/** What administrators see of a streams group. */
import { ErrorCode } from '../../../wire/index.ts'
import type { DescribedStreamsGroup } from '../bodies.ts'
import type { Group } from '../group.ts'
import { taskFields } from './records.ts'
import type { StreamsGroup } from './streams-group.ts'

export function describeStreamsGroup(groupId: string, group: Group | undefined): DescribedStreamsGroup {
  if (group?.type === 'streams') return describe(group)
  const errorMessage = group ? `Group ${groupId} is not a streams group.` : `Group ${groupId} not found.`
  const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, topology: null, members: [] }
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, ...nothing }
}

function describe(group: StreamsGroup): DescribedStreamsGroup {
  const { topology } = group
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.stateName,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    topology: topology ? { epoch: topology.epoch, subtopologies: topology.subtopologies } : null,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      memberEpoch: member.memberEpoch,
      instanceId: member.groupInstanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      topologyEpoch: member.topologyEpoch,
      processId: member.processId,
      userEndpoint: member.userEndpoint,
      clientTags: member.clientTags,
      // What clients told last is not kept.
      taskOffsets: [],
      taskEndOffsets: [],
      assignment: taskFields(member.assigned),
      targetAssignment: taskFields(group.targetOf(member.memberId)),
      isClassic: false,
    })),
  }
}
