/**
 * One step of a member towards its target tasks (KIP-1071), as with partitions of the consumer protocol: first it
 * gives back, then it gets what is free. A task's state is in a folder of its process, so two members of one process
 * never hold the same task, in whatever role.
 */
import { memberState, type OwnedPartitions } from '../consumer/member.ts'
import { addTo, contains, eachPartition, intersects, type TopicPartitions } from '../target/partitions.ts'
import { type CurrentTasks, NO_TASKS, type Role, roles, type Tasks } from './member.ts'

export interface TaskStep {
  readonly current: CurrentTasks
  readonly target: Tasks
  readonly targetEpoch: number
  /** What the member says that it runs; null if it does not say. */
  readonly owned: Tasks | null
  isFree(role: Role, subtopologyId: string, partition: number): boolean
}

export function reconcileTasks(step: TaskStep): CurrentTasks {
  const { current, targetEpoch, owned } = step
  switch (current.state) {
    case memberState.stable:
      return current.memberEpoch === targetEpoch ? current : next(step, current.memberEpoch)
    case memberState.unrevoked:
      if (stillOwns(owned, current.pendingRevocation)) return current
      return next(step, Math.min(current.memberEpoch + 1, targetEpoch))
    default:
      return next(step, current.memberEpoch)
  }
}

function next(step: TaskStep, revokingEpoch: number): CurrentTasks {
  const { current, target, targetEpoch, owned, isFree } = step
  const kept = {
    active: split(step, 'active'),
    standby: split(step, 'standby'),
    warmup: split(step, 'warmup'),
  }
  const revoked = { active: kept.active.lost, standby: kept.standby.lost, warmup: kept.warmup.lost }
  if (roles.some((role) => revoked[role].size > 0) && stillOwns(owned, revoked)) {
    const assigned = { active: kept.active.stays, standby: kept.standby.stays, warmup: kept.warmup.stays }
    return moved(current, revokingEpoch, memberState.unrevoked, assigned, revoked)
  }
  let isComplete = true
  const assigned = { active: kept.active.stays, standby: kept.standby.stays, warmup: kept.warmup.stays }
  for (const role of roles) {
    for (const [subtopologyId, partition] of eachPartition(target[role])) {
      if (contains(assigned[role], subtopologyId, partition)) continue
      if (isFree(role, subtopologyId, partition)) addTo(assigned[role], subtopologyId, partition)
      else isComplete = false
    }
  }
  const state = isComplete ? memberState.stable : memberState.unreleased
  return moved(current, targetEpoch, state, assigned, NO_TASKS)
}

function split({ current, target }: TaskStep, role: Role) {
  const stays = new Map<string, Set<number>>()
  const lost = new Map<string, Set<number>>()
  for (const [subtopologyId, partition] of eachPartition(current.assigned[role])) {
    addTo(contains(target[role], subtopologyId, partition) ? stays : lost, subtopologyId, partition)
  }
  return { stays, lost }
}

function stillOwns(owned: Tasks | null, revoked: Tasks): boolean {
  return owned === null || roles.some((role) => intersects(owned[role], revoked[role]))
}

function moved(
  current: CurrentTasks,
  memberEpoch: number,
  state: number,
  assigned: Tasks,
  pendingRevocation: Tasks,
): CurrentTasks {
  const previousMemberEpoch =
    memberEpoch === current.memberEpoch ? current.previousMemberEpoch : current.memberEpoch
  const activeSince = since(assigned.active, current.activeSince, memberEpoch)
  return { memberEpoch, previousMemberEpoch, state, assigned, activeSince, pendingRevocation }
}

function since(active: TopicPartitions, before: OwnedPartitions, memberEpoch: number): OwnedPartitions {
  return new Map(
    [...active].map(([subtopologyId, partitions]) => [
      subtopologyId,
      new Map(
        [...partitions].map((partition) => [
          partition,
          before.get(subtopologyId)?.get(partition) ?? memberEpoch,
        ]),
      ),
    ]),
  )
}
