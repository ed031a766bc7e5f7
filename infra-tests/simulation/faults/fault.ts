/** A fault: something that the world does to the cluster for a while. */
import type { Dice } from '../dice.ts'
import type { Workload } from '../workloads/workload.ts'
import type { Machine } from '../world/machine.ts'
import type { World } from '../world/world.ts'
import type { FaultBudget } from './budget.ts'

export interface Scene {
  readonly world: World
  readonly dice: Dice
  readonly budget: FaultBudget
  readonly workloads: readonly Workload[]
  /** The replication factor of the topics. */
  readonly replicas: number
}

export interface Injected {
  /** For the timeline. */
  readonly what: Readonly<Record<string, unknown>>
  readonly durationMs: number
  /** Told true, it ends before its time. */
  readonly isOver?: () => boolean
  /** The safety phase waits for its end. */
  readonly outlastsPhase?: boolean
  /** Called when the time is over, or earlier when the safety phase ends. */
  readonly heal: () => void
  /** What is left to an operator, who comes when clients have shown that they get on without him. */
  readonly repair?: () => void
  /** Told true, the operator comes at once: nobody can get on without him. */
  readonly isRepairDue?: () => boolean
}

export interface Fault {
  readonly name: string
  /** Harms a disk: only with replicas. */
  readonly needsReplicas?: boolean
  /** Strikes only when no other fault does, and none strikes beside it. */
  readonly isExclusive?: boolean
  /** Takes so long that only few runs have it. */
  readonly isRare?: boolean
  /** Undefined if the budget, or the state of the world, does not allow it now. */
  inject(scene: Scene): Injected | undefined
}

/** A running machine that may be killed. */
export function pickRunning({ world, dice }: Scene): Machine | undefined {
  const running = world.machines.filter((machine) => machine.isRunning)
  return running.length === 0 ? undefined : dice.pick(running)
}

/** Mostly short; now and then longer than any time-out. */
export function someTime(dice: Dice, meanMs: number): number {
  return Math.min(dice.around(meanMs), meanMs * 6)
}
