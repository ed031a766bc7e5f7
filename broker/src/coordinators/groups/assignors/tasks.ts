/**
 * The assignor of streams groups (KIP-1071): active tasks are even over members, weighed by how many members a
 * process has, and stay where they are, or go where a standby has their state already; standbys are on processes
 * that have no other copy of the task.
 */

import type { Tasks } from '../streams/member.ts'
import { addTo, contains, type TopicPartitions } from '../target/partitions.ts'
import { byText } from './assignor.ts'

export interface StreamsMemberSpec {
  readonly memberId: string
  readonly processId: string
  /** The member's part of the target before. */
  readonly assigned: Tasks
}

export interface StreamsGroupSpec {
  readonly members: readonly StreamsMemberSpec[]
  /** By subtopology id. */
  readonly taskCounts: ReadonlyMap<string, number>
  readonly standbyReplicas: number
}

interface Worker {
  readonly spec: StreamsMemberSpec
  readonly active: Map<string, Set<number>>
  readonly standby: Map<string, Set<number>>
  /** Tasks in both roles. */
  load: number
}

export function assignTasks({ members, taskCounts, standbyReplicas }: StreamsGroupSpec): Map<string, Tasks> {
  const workers = [...members]
    .sort((a, b) => byText(a.memberId, b.memberId))
    .map((spec): Worker => ({ spec, active: new Map(), standby: new Map(), load: 0 }))
  const tasks = [...taskCounts]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([id, count]) => Array.from({ length: count }, (_, partition): Task => [id, partition]))
  assignActive(workers, tasks)
  for (let copy = 0; copy < standbyReplicas; copy++) assignStandbys(workers, tasks)
  return new Map(
    workers.map(({ spec, active, standby }) => [spec.memberId, { active, standby, warmup: new Map() }]),
  )
}

type Task = readonly [subtopologyId: string, partition: number]

function assignActive(workers: readonly Worker[], tasks: readonly Task[]): void {
  const quota = Math.ceil(tasks.length / Math.max(1, workers.length))
  // As many members as there are tasks over may have the quota; the others one less.
  let larger = tasks.length - Math.floor(tasks.length / Math.max(1, workers.length)) * workers.length
  const hasRoom = (worker: Worker) => {
    if (quota * workers.length === tasks.length) return worker.load < quota
    return worker.load < quota - 1 || (worker.load === quota - 1 && larger > 0)
  }
  const give = (worker: Worker, [subtopologyId, partition]: Task) => {
    if (worker.load === quota - 1 && quota * workers.length !== tasks.length) larger--
    addTo(worker.active, subtopologyId, partition)
    worker.load++
  }
  const open: Task[] = []
  for (const task of tasks) {
    const before = workers.find((worker) => had(worker.spec.assigned.active, task))
    if (before && hasRoom(before)) give(before, task)
    else open.push(task)
  }
  for (const task of open) {
    const room = workers.filter(hasRoom)
    const warm = least(room.filter((worker) => hadCopy(worker, task)))
    const processes = new Set(
      room.filter((worker) => hadCopy(worker, task)).map(({ spec }) => spec.processId),
    )
    const near = least(room.filter(({ spec }) => processes.has(spec.processId)))
    const chosen = warm ?? near ?? least(room)
    if (chosen) give(chosen, task)
  }
}

function assignStandbys(workers: readonly Worker[], tasks: readonly Task[]): void {
  for (const task of tasks) {
    const taken = new Set(workers.filter((worker) => has(worker, task)).map(({ spec }) => spec.processId))
    const candidates = workers.filter(({ spec }) => !taken.has(spec.processId))
    const emptiest = least(candidates)
    if (!emptiest) continue
    const before = least(
      candidates.filter(({ spec }) => had(spec.assigned.standby, task) || had(spec.assigned.active, task)),
    )
    // What is there already stays, unless that makes its holder fuller than the others by more than one task.
    const chosen = before && before.load <= emptiest.load + 1 ? before : emptiest
    addTo(chosen.standby, task[0], task[1])
    chosen.load++
  }
}

function least(workers: readonly Worker[]): Worker | undefined {
  let result = workers[0]
  for (const worker of workers) if (result && worker.load < result.load) result = worker
  return result
}

function has({ active, standby }: Worker, [subtopologyId, partition]: Task): boolean {
  return contains(active, subtopologyId, partition) || contains(standby, subtopologyId, partition)
}

function had(tasks: TopicPartitions, [subtopologyId, partition]: Task): boolean {
  return contains(tasks, subtopologyId, partition)
}

function hadCopy({ spec }: Worker, task: Task): boolean {
  return had(spec.assigned.standby, task) || had(spec.assigned.warmup, task)
}
