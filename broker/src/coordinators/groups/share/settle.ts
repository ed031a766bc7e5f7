/**
 * What follows from a change of a share group: its epoch rises, and a new assignment is made for the new epoch, at most
 * every share.assignment.interval.ms (KIP-1263).
 */
import { assignmentDueMs } from '../target/assignment-interval.ts'
import { samePartitions } from '../target/partitions.ts'
import { metadataHash } from '../target/topics-view.ts'
import type { Effects } from '../types.ts'
import { assignShared } from './assign.ts'
import { type ShareEntry, shareRecord } from './records.ts'
import { memberTombstones, type ShareGroup, type ShareMember } from './share-group.ts'

/** Changes a group by what its log will say. */
export function write(effects: Pick<Effects, 'records'>, group: ShareGroup, entry: ShareEntry): void {
  group.apply(entry)
  effects.records.push(shareRecord(group.groupId, entry))
}

/** `mustBump`: members, subscriptions or the partitions that may be assigned changed. */
export function settle(effects: Effects, group: ShareGroup, mustBump: boolean): void {
  if (mustBump || group.isMetadataStale) {
    group.isMetadataStale = false
    const hash = metadataHash(effects.topics, group.subscribedTopics())
    if (mustBump || hash !== group.metadataHash)
      write(effects, group, {
        kind: 'shareGroup',
        value: { epoch: group.groupEpoch + 1, metadataHash: hash },
      })
  }
  if (group.isEmpty || group.assignmentEpoch >= group.groupEpoch) return
  const { shareAssignmentIntervalMs } = effects.settingsOf(group.groupId)
  const dueMs = assignmentDueMs(effects, group.assignmentTimestampMs, shareAssignmentIntervalMs)
  if (dueMs <= effects.nowMs) assign(effects, group)
  else group.wakeAt(dueMs)
}

/** A member has what it is to have at once: others may have it too. Returns it as it is then. */
export function moveToTarget(effects: Effects, group: ShareGroup, member: ShareMember): ShareMember {
  if (member.memberEpoch === group.assignmentEpoch) return member
  const value = {
    memberEpoch: group.assignmentEpoch,
    previousMemberEpoch: member.memberEpoch,
    assigned: group.targetOf(member.memberId),
  }
  write(effects, group, { kind: 'shareCurrent', memberId: member.memberId, value })
  return { ...member, ...value }
}

export function renewSession(effects: Effects, group: ShareGroup, memberId: string): void {
  const deadlineMs = effects.nowMs + effects.settingsOf(group.groupId).shareSessionTimeoutMs
  group.sessionDeadlines.set(memberId, deadlineMs)
  group.wakeAt(deadlineMs)
}

export function removeMembers(effects: Effects, group: ShareGroup, memberIds: readonly string[]): void {
  for (const memberId of memberIds)
    for (const entry of memberTombstones(memberId)) write(effects, group, entry)
  settle(effects, group, true)
}

/** After loading nobody knows when members were last heard of: each gets its whole time. */
export function startShareTimers(effects: Effects, group: ShareGroup): void {
  for (const memberId of group.members.keys()) renewSession(effects, group, memberId)
  settle(effects, group, false)
}

/** Does what is due by now, and finds out when the group is due next. */
export function expireShareTimers(effects: Effects, group: ShareGroup): void {
  const overdue = [...group.sessionDeadlines].filter(([, deadlineMs]) => deadlineMs <= effects.nowMs)
  group.dueMs = Infinity
  if (overdue.length > 0)
    removeMembers(
      effects,
      group,
      overdue.map(([memberId]) => memberId),
    )
  else settle(effects, group, false)
  for (const deadlineMs of group.sessionDeadlines.values()) group.wakeAt(deadlineMs)
}

/** Only partitions whose state exists: elsewhere a member would find nobody to keep what it says. */
function assign(effects: Effects, group: ShareGroup): void {
  const subscriptions = [...group.members.values()].map(({ memberId, subscribedTopicNames }) => ({
    memberId,
    topicIds: new Set(subscribedTopicNames.flatMap((name) => effects.topics.byName(name)?.topicId ?? [])),
  }))
  const targets = assignShared(subscriptions, (topicId) => group.shared.get(topicId)?.partitions ?? [])
  for (const [memberId, target] of targets) {
    if (samePartitions(target, group.targetOf(memberId))) continue
    write(effects, group, { kind: 'shareTarget', memberId, value: target })
  }
  // While nothing can be assigned yet, nobody is to wait for the first assignment that gives something.
  const isEmpty = [...targets.values()].every((target) => target.size === 0)
  const value = { assignmentEpoch: group.groupEpoch, assignmentTimestamp: isEmpty ? 0 : effects.wallMs }
  write(effects, group, { kind: 'shareTargetEpoch', value })
}
