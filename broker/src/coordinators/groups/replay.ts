/** From the log back to groups: each record says what is so from then on. */
import { assert } from './assert.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import type { Groups } from './groups.ts'
import type { Entry, GroupMetadata } from './records.ts'

/** A group without a GroupMetadata record was never in a state that had a beginning. */
const UNKNOWN_TIME = -1

export function replayRecord(groups: Groups, entry: Entry): void {
  if (entry.kind === 'offset') {
    const { groupId, topic, partition, value } = entry
    groups.offsetsOf(groupId).set(topic, partition, value)
  } else if (entry.kind === 'group') {
    const { groupId, value } = entry
    if (value) readGroup(groups.openClassic(groupId, value.currentStateTimestamp), value)
    else if (groups.get(groupId)?.type === 'classic') groups.remove(groupId)
  }
}

/** After the last record: offsets without a group are those of a group that never had members, or has none any more. */
export function finishReplay(groups: Groups): void {
  for (const [groupId, offsets] of [...groups.allOffsets()]) {
    if (groups.get(groupId)) continue
    if (offsets.isEmpty) groups.remove(groupId)
    else groups.openClassic(groupId, UNKNOWN_TIME)
  }
}

/** Makes a group out of its GroupMetadata record; offsets are records of their own. */
function readGroup(group: ClassicGroup, metadata: GroupMetadata): void {
  const { protocolType, protocol, generation, leader, members } = metadata
  assert(group.members.size === 0, `${group.groupId} is read twice`)
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
}
