/**
 * One step of a member towards its target assignment (KIP-848). What others need is taken away first: the member
 * keeps its epoch until it has said that it no longer owns it. Then it gets the epoch of the target, and of what is
 * new to it whatever nobody else has or has yet to give back.
 */
import { type CurrentAssignment, memberState, type OwnedPartitions } from '../consumer/member.ts'
import { contains, eachPartition, intersects, type Partitions } from './partitions.ts'

export interface ReconcileStep {
  readonly current: CurrentAssignment
  readonly target: Partitions
  readonly targetEpoch: number
  /** What the member says that it owns; null if it does not say. */
  readonly owned: Partitions | null
  /** Nobody else has it or has yet to give it back. */
  isFree(topicId: string, partition: number): boolean
  /** Topics that the member still reads: others are taken away before there is a new target. */
  isSubscribed(topicId: string): boolean
}

export function reconcile(step: ReconcileStep): CurrentAssignment {
  const { current, targetEpoch, owned } = step
  switch (current.state) {
    case memberState.stable:
      return current.memberEpoch === targetEpoch && keepsAll(step) ? current : next(step, current.memberEpoch)
    case memberState.unrevoked:
      if (owned === null || intersects(owned, current.pendingRevocation)) return current
      return next(step, Math.min(current.memberEpoch + 1, targetEpoch))
    default:
      return next(step, current.memberEpoch)
  }
}

function keepsAll({ current, isSubscribed }: ReconcileStep): boolean {
  return [...current.assigned.keys()].every(isSubscribed)
}

function next(step: ReconcileStep, revokingEpoch: number): CurrentAssignment {
  const { current, target, targetEpoch, owned, isFree, isSubscribed } = step
  const kept = new Map<string, Map<number, number>>()
  const revoked = new Map<string, Map<number, number>>()
  for (const [topicId, partitions] of current.assigned) {
    for (const [partition, epoch] of partitions) {
      const stays = contains(target, topicId, partition) && isSubscribed(topicId)
      setEpoch(stays ? kept : revoked, topicId, partition, epoch)
    }
  }
  if (revoked.size > 0 && (owned === null || intersects(owned, revoked))) {
    return moved(current, revokingEpoch, memberState.unrevoked, kept, revoked)
  }
  let isComplete = true
  for (const [topicId, partition] of eachPartition(target)) {
    if (!isSubscribed(topicId) || contains(kept, topicId, partition)) continue
    if (isFree(topicId, partition)) setEpoch(kept, topicId, partition, targetEpoch)
    else isComplete = false
  }
  const state = isComplete ? memberState.stable : memberState.unreleased
  return moved(current, targetEpoch, state, kept, new Map())
}

function moved(
  current: CurrentAssignment,
  memberEpoch: number,
  state: number,
  assigned: OwnedPartitions,
  pendingRevocation: OwnedPartitions,
): CurrentAssignment {
  const previousMemberEpoch =
    memberEpoch === current.memberEpoch ? current.previousMemberEpoch : current.memberEpoch
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation }
}

function setEpoch(
  partitions: Map<string, Map<number, number>>,
  topicId: string,
  partition: number,
  epoch: number,
): void {
  const known = partitions.get(topicId)
  if (known) known.set(partition, epoch)
  else partitions.set(topicId, new Map([[partition, epoch]]))
}
