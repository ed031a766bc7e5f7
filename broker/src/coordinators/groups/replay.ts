/** From the log back to groups: each record says what is so from then on. */
import { ClassicGroup, openGroup } from './classic-group.ts'
import { setOffset } from './offsets.ts'
import type { Entry, GroupMetadata } from './records.ts'

/** A group without a GroupMetadata record was never in a state that had a beginning. */
const UNKNOWN_TIME = -1

export function replayRecord(groups: Map<string, ClassicGroup>, entry: Entry): void {
  if (entry.kind === 'offset') {
    const { groupId, topic, partition, value } = entry
    const group = value ? openGroup(groups, groupId, UNKNOWN_TIME) : groups.get(groupId)
    if (group) setOffset(group, topic, partition, value)
  } else if (entry.kind === 'group') {
    const { groupId, value } = entry
    const group = value ? readGroup(groupId, value) : new ClassicGroup(groupId, UNKNOWN_TIME)
    for (const [topic, partitions] of groups.get(groupId)?.offsets ?? []) group.offsets.set(topic, partitions)
    groups.set(groupId, group)
  }
}

/** Makes a group out of its GroupMetadata record; offsets are records of their own. */
function readGroup(groupId: string, metadata: GroupMetadata): ClassicGroup {
  const { protocolType, protocol, generation, leader, currentStateTimestamp, members } = metadata
  const group = new ClassicGroup(groupId, currentStateTimestamp)
  group.state = members.length === 0 ? 'Empty' : 'Stable'
  group.generationId = generation
  group.protocolType = protocolType === '' ? null : protocolType
  group.protocolName = protocol
  group.leaderId = leader
  group.isPersisted = true
  for (const member of members) {
    group.add(
      {
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        sessionTimeoutMs: member.sessionTimeout,
        rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
        protocols: protocol === null ? [] : [{ name: protocol, metadata: Buffer.from(member.subscription) }],
        assignment: Buffer.from(member.assignment),
        isNew: false,
        sessionDeadlineMs: Infinity,
        parkedJoin: undefined,
        parkedSync: undefined,
      },
      protocolType,
    )
  }
  group.refreshSubscribedTopics()
  return group
}
