import type { ReplicaMove } from '../../kafka/admin.ts'

/**
 * Which replicas are to move where, so that brokers that leave have none and all others about the same number.
 * A pure function of what is: asked again after a part of it was done, it answers with the rest.
 *
 * - Replicas of a partition share no rack while another rack is free, and never a broker.
 * - A balanced cluster is left alone; nothing moves that need not, and of two that could, the smaller one.
 */
export interface RebalanceProblem {
  /** Brokers that may hold replicas, and those that must lose them all. */
  readonly staying: readonly PlanBroker[]
  readonly leaving: readonly PlanBroker[]
  readonly partitions: readonly PlanPartition[]
  /** Whether loads are to be evened out, or only the leaving brokers emptied. */
  readonly balance: boolean
}

export interface PlanBroker {
  readonly brokerId: number
  readonly rack: string
}

export interface PlanPartition {
  readonly topicName: string
  readonly partition: number
  readonly sizeBytes: number
  /** As they will be once what is under way has ended. */
  readonly replicas: readonly number[]
}

export interface PlannedMove extends ReplicaMove {
  readonly sizeBytes: number
  /** The brokers that are to copy it. */
  readonly receivers: readonly number[]
}

export type RebalancePlan =
  | { readonly kind: 'MOVES'; readonly moves: readonly PlannedMove[] }
  /** A partition has more replicas than there will be brokers. */
  | { readonly kind: 'IMPOSSIBLE'; readonly partition: PlanPartition }

export function planRebalance(problem: RebalanceProblem): RebalancePlan {
  const tooWide = problem.partitions.find(
    ({ replicas }) =>
      replicas.length > problem.staying.length &&
      replicas.some((id) => problem.leaving.some(({ brokerId }) => brokerId === id)),
  )
  if (tooWide) return { kind: 'IMPOSSIBLE', partition: tooWide }
  const draft = new Draft(problem)
  draft.drain()
  if (problem.balance) draft.even()
  return { kind: 'MOVES', moves: draft.moves() }
}

/** An assignment while it is being improved. */
class Draft {
  readonly #leaving: ReadonlySet<number>
  readonly #racks: ReadonlyMap<number, string>
  /** The smallest first: what moves first is done first. */
  readonly #partitions: readonly { readonly before: PlanPartition; replicas: number[] }[]
  readonly #loads: Map<number, number>

  constructor({ staying, leaving, partitions }: RebalanceProblem) {
    this.#leaving = new Set(leaving.map(({ brokerId }) => brokerId))
    this.#racks = new Map([...staying, ...leaving].map(({ brokerId, rack }) => [brokerId, rack]))
    this.#partitions = [...partitions]
      .sort(bySize)
      .map((before) => ({ before, replicas: [...before.replicas] }))
    this.#loads = new Map(staying.map(({ brokerId }) => [brokerId, 0]))
    for (const { replicas } of partitions) for (const id of replicas) this.#add(id, 1)
  }

  drain(): void {
    for (const partition of this.#partitions) {
      for (const from of partition.replicas.filter((id) => this.#leaving.has(id))) {
        const to = this.#leastLoaded((id) => this.#mayReplace(partition.replicas, from, id))
        const anywhere = to ?? this.#leastLoaded((id) => !partition.replicas.includes(id))
        if (anywhere !== undefined) this.#replace(partition, from, anywhere)
      }
    }
  }

  /** Each move takes from a broker with at least two more, so that this ends. */
  even(): void {
    while (this.#improve()) {}
  }

  moves(): PlannedMove[] {
    return this.#partitions
      .filter(({ before, replicas }) => replicas.some((id, index) => id !== before.replicas[index]))
      .map(({ before, replicas }) => ({
        topicName: before.topicName,
        partition: before.partition,
        replicas,
        sizeBytes: before.sizeBytes,
        receivers: replicas.filter((id) => !before.replicas.includes(id)),
      }))
  }

  #improve(): boolean {
    const loads = [...this.#loads].sort(([a, loadA], [b, loadB]) => loadB - loadA || a - b)
    for (const [from, fromLoad] of loads) {
      for (const [to, toLoad] of [...loads].reverse()) {
        if (fromLoad - toLoad < 2) break
        const found = this.#partitions.find(
          ({ replicas }) => replicas.includes(from) && this.#mayReplace(replicas, from, to),
        )
        if (found === undefined) continue
        this.#replace(found, from, to)
        return true
      }
    }
    return false
  }

  /** Never fewer racks than before. */
  #mayReplace(replicas: readonly number[], from: number, to: number): boolean {
    if (replicas.includes(to)) return false
    const racksOf = (ids: readonly number[]) => new Set(ids.map((id) => this.#racks.get(id))).size
    const after = replicas.map((id) => (id === from ? to : id))
    return racksOf(after) >= racksOf(replicas)
  }

  #leastLoaded(allowed: (brokerId: number) => boolean): number | undefined {
    const candidates = [...this.#loads].filter(([id]) => allowed(id))
    return candidates.sort(([a, loadA], [b, loadB]) => loadA - loadB || a - b)[0]?.[0]
  }

  /** In the same place, so that leadership moves along. */
  #replace(partition: { replicas: number[] }, from: number, to: number): void {
    partition.replicas = partition.replicas.map((id) => (id === from ? to : id))
    this.#add(from, -1)
    this.#add(to, 1)
  }

  #add(brokerId: number, count: number): void {
    const load = this.#loads.get(brokerId)
    if (load !== undefined) this.#loads.set(brokerId, load + count)
  }
}

function bySize(a: PlanPartition, b: PlanPartition): number {
  return a.sizeBytes - b.sizeBytes || compare(a.topicName, b.topicName) || a.partition - b.partition
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
