/**
 * What follows from a change of a streams group: its topology is looked at with the topics that there are, the group
 * epoch rises, and a new target assignment is made.
 */
import { assignTasks } from '../assignors/tasks.ts'
import { assignmentDueMs } from '../target/assignment-interval.ts'
import { metadataHash } from '../target/topics-view.ts'
import type { Effects } from '../types.ts'
import { sameTasks } from './member.ts'
import type { StreamsGroup } from './streams-group.ts'
import { configureTopology, topicsOf } from './topology.ts'
import { write } from './write.ts'

/** Members have epoch 1 while they wait for the first assignment: 0 would be to join again. */
const WAITING_EPOCH = 1
const FIRST_EPOCH = 2
const STANDBY_REPLICAS = 'num.standby.replicas'

export function settle(effects: Effects, group: StreamsGroup, mustBump: boolean): void {
  const { topology } = group
  if (!topology) return
  const { topics } = effects
  const hash = metadataHash(topics, topicsOf(topology))
  const isStale = group.isMetadataStale || !group.configured || hash !== group.metadataHash
  if (isStale) group.configured = configureTopology(topology, topics)
  group.isMetadataStale = false
  const standbyReplicas = String(effects.settingsOf(group.groupId).streamsNumStandbyReplicas)
  const configs = [{ key: STANDBY_REPLICAS, value: standbyReplicas }]
  const before = group.assignmentConfigs.find(({ key }) => key === STANDBY_REPLICAS)?.value
  if (
    mustBump ||
    hash !== group.metadataHash ||
    standbyReplicas !== before ||
    topology.epoch !== group.validatedTopologyEpoch
  ) {
    const value = {
      epoch: Math.max(group.groupEpoch + 1, FIRST_EPOCH),
      metadataHash: hash,
      validatedTopologyEpoch: topology.epoch,
      assignmentConfigs: configs,
    }
    write(effects, group, { kind: 'streamsGroup', value })
  }
  if (!group.isEmpty) assign(effects, group)
}

/** When the next assignment may be made: members of an empty group come together first, later changes are batched. */
export function nextAssignmentMs(effects: Effects, group: StreamsGroup): number {
  if (group.initialDelayEndMs > effects.nowMs) return group.initialDelayEndMs
  const { streamsAssignmentIntervalMs } = effects.settingsOf(group.groupId)
  return assignmentDueMs(effects, group.assignmentTimestampMs, streamsAssignmentIntervalMs)
}

function assign(effects: Effects, group: StreamsGroup): void {
  if (group.assignmentEpoch >= group.groupEpoch) return
  const dueMs = nextAssignmentMs(effects, group)
  if (dueMs > effects.nowMs) {
    if (group.assignmentEpoch < WAITING_EPOCH) {
      const value = { assignmentEpoch: WAITING_EPOCH, assignmentTimestampMs: 0 }
      write(effects, group, { kind: 'streamsTargetEpoch', value })
    }
    group.wakeAt(dueMs)
    return
  }
  const { streamsNumStandbyReplicas } = effects.settingsOf(group.groupId)
  const targets = assignTasks({
    members: [...group.members.values()].map(({ memberId, processId }) => ({
      memberId,
      processId,
      assigned: group.targetOf(memberId),
    })),
    // While something is wrong with the topics nobody runs anything.
    taskCounts: group.configured?.taskCounts ?? new Map(),
    standbyReplicas: streamsNumStandbyReplicas,
  })
  for (const [memberId, target] of targets) {
    if (group.hasTarget(memberId) && sameTasks(target, group.targetOf(memberId))) continue
    write(effects, group, { kind: 'streamsTarget', memberId, value: target })
  }
  const value = { assignmentEpoch: group.groupEpoch, assignmentTimestampMs: effects.wallMs }
  write(effects, group, { kind: 'streamsTargetEpoch', value })
}
