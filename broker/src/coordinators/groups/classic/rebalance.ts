/**
 * How a group gets from one generation to the next: everybody joins again, a protocol and a leader are
 * elected, and the new generation waits for the leader's assignment (sync.ts). An empty group gives its first
 * members a moment to come together (KIP-134, group.initial.rebalance.delay.ms).
 */
import { ErrorCode } from '../../../wire/index.ts'
import { persistGroup } from '../records.ts'
import type { Effects } from '../types.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Member } from './member.ts'
import { answerJoin, answerJoinWithError, answerSync, joinSuccess, memberList, syncError } from './replies.ts'

/** A client may ask for a rebalance timeout of 0: even then its group is not looked at without a pause. */
const MIN_POSTPONEMENT_MS = 1_000

/**
 * After a member came or changed: a settled group starts a rebalance, one that is joining may be complete
 * now.
 */
export function rebalance(effects: Effects, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') completeJoinIfAllJoined(effects, group)
  else prepareRebalance(effects, group)
}

/** After a removal. Ids that were given out but not used matter only to a join that waits for them. */
export function settleRemoval(effects: Effects, group: ClassicGroup, sizeBefore: number): void {
  if (group.members.size < sizeBefore) rebalance(effects, group)
  else completeJoinIfAllJoined(effects, group)
}

/**
 * Takes a member out of the group; its parked requests learn that the coordinator does not know it any more.
 */
export function removeMember(effects: Effects, group: ClassicGroup, member: Member): void {
  answerJoinWithError(effects, group, member, ErrorCode.UNKNOWN_MEMBER_ID)
  answerSync(effects, member, syncError(ErrorCode.UNKNOWN_MEMBER_ID))
  group.remove(member)
}

export function prepareRebalance(effects: Effects, group: ClassicGroup): void {
  const { config, nowMs } = effects
  if (group.state === 'CompletingRebalance') cancelSyncs(effects, group)
  group.pendingSyncMembers.clear()
  group.syncDeadlineMs = Infinity
  const isInitial = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', effects.wallMs)
  if (isInitial) {
    group.newMemberAdded = false
    const delayMs = config.groupInitialRebalanceDelayMs
    delayInitialJoin(group, nowMs, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
  } else if (group.allMembersJoined) {
    completeJoin(effects, group)
  } else {
    setJoinDeadline(group, nowMs + group.rebalanceTimeoutMs)
  }
}

export function joinTimerExpired(effects: Effects, group: ClassicGroup): void {
  const extension = group.joinTimer?.extension
  if (extension && group.newMemberAdded && extension.remainingMs > 0) {
    group.newMemberAdded = false
    const delayMs = Math.min(effects.config.groupInitialRebalanceDelayMs, extension.remainingMs)
    const remainingMs = Math.max(extension.remainingMs - extension.delayMs, 0)
    delayInitialJoin(group, effects.nowMs, delayMs, remainingMs)
  } else {
    completeJoin(effects, group)
  }
}

/** Members that took part in the join but never asked for their assignment leave the group. */
export function syncTimerExpired(effects: Effects, group: ClassicGroup): void {
  for (const memberId of [...group.pendingSyncMembers]) {
    const member = group.members.get(memberId)
    if (member) removeMember(effects, group, member)
  }
  prepareRebalance(effects, group)
}

/** The initial delay runs to its end, even when all known members are there: more may be on their way. */
function completeJoinIfAllJoined(effects: Effects, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return
  if (group.allMembersJoined) completeJoin(effects, group)
}

/** Dynamic members that did not come back are out; static ones stay as long as their session does. */
function completeJoin(effects: Effects, group: ClassicGroup): void {
  group.joinTimer = undefined
  for (const member of [...group.members.values()]) {
    if (!member.parkedJoin && member.groupInstanceId === null) removeMember(effects, group, member)
  }
  if (group.members.size === 0) {
    startEmptyGeneration(effects, group)
  } else if (group.electJoinedLeader()) {
    startGeneration(effects, group)
  } else {
    // All that are left are static members that nobody heard of yet: wait until one joins or their sessions
    // end.
    setJoinDeadline(group, effects.nowMs + Math.max(group.rebalanceTimeoutMs, MIN_POSTPONEMENT_MS))
  }
}

function startEmptyGeneration(effects: Effects, group: ClassicGroup): void {
  group.generationId++
  group.protocolName = null
  group.leaderId = null
  group.transitionTo('Empty', effects.wallMs)
  group.refreshSubscribedTopics()
  persistGroup(effects, group)
}

function startGeneration(effects: Effects, group: ClassicGroup): void {
  const { nowMs } = effects
  group.generationId++
  group.protocolName = group.selectProtocol()
  group.transitionTo('CompletingRebalance', effects.wallMs)
  group.refreshSubscribedTopics()
  for (const member of group.members.values()) {
    const isLeader = member.memberId === group.leaderId
    answerJoin(effects, group, member, joinSuccess(group, member.memberId, isLeader ? memberList(group) : []))
    member.isNew = false
    group.renewSession(member, nowMs)
    group.pendingSyncMembers.add(member.memberId)
  }
  group.syncDeadlineMs = nowMs + group.rebalanceTimeoutMs
  group.wakeAt(group.syncDeadlineMs)
}

function cancelSyncs(effects: Effects, group: ClassicGroup): void {
  for (const member of group.members.values()) {
    if (!member.parkedSync) continue
    answerSync(effects, member, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    group.renewSession(member, effects.nowMs)
  }
}

function delayInitialJoin(group: ClassicGroup, nowMs: number, delayMs: number, remainingMs: number): void {
  group.joinTimer = { deadlineMs: nowMs + delayMs, extension: { delayMs, remainingMs } }
  group.wakeAt(group.joinTimer.deadlineMs)
}

function setJoinDeadline(group: ClassicGroup, deadlineMs: number): void {
  group.joinTimer = { deadlineMs }
  group.wakeAt(deadlineMs)
}
