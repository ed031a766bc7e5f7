/** Injects faults one after the other, a few at a time, until it is told to end. */
import type { Workload } from '../workloads/workload.ts'
import type { World } from '../world/world.ts'
import { FaultBudget } from './budget.ts'
import type { Fault, Scene } from './fault.ts'

export interface SaboteurOptions {
  readonly faults: readonly Fault[]
  readonly meanPauseMs: number
  readonly atOnceMax: number
  readonly replicas: number
}

interface Running {
  readonly name: string
  readonly harmsDisk: boolean
  readonly outlastsPhase: boolean
  readonly isExclusive: boolean
  readonly isOver: () => boolean
  readonly heal: () => void
  readonly repair: Repair | undefined
}

interface Repair {
  readonly run: () => void
  readonly isDue: () => boolean
}

export class Saboteur {
  #scene: Scene
  readonly #options: SaboteurOptions
  readonly #running = new Set<Running>()
  #repairs: Repair[] = []
  readonly injected = new Map<string, number>()

  constructor(world: World, options: SaboteurOptions) {
    this.#options = options
    const { replicas } = options
    const budget = new FaultBudget(world, replicas)
    this.#scene = { world, dice: world.dice, budget, workloads: [], replicas }
  }

  async run(endMs: number, workloads: readonly Workload[]): Promise<void> {
    this.#scene = { ...this.#scene, workloads }
    const { world, dice } = this.#scene
    const { faults, meanPauseMs, atOnceMax } = this.#options
    const isOver = () =>
      world.nowMs >= endMs && ![...this.#running].some(({ outlastsPhase }) => outlastsPhase)
    while (!isOver()) {
      const pauseMs = dice.around(meanPauseMs) * world.pace
      await world.sleep(world.nowMs < endMs ? Math.min(pauseMs, endMs - world.nowMs) : pauseMs)
      for (const running of [...this.#running]) if (running.isOver()) this.#end(running)
      const isFull =
        this.#running.size >= atOnceMax || [...this.#running].some(({ isExclusive }) => isExclusive)
      if (!isOver() && !isFull && faults.length > 0) this.#inject(dice.pick(faults))
    }
  }

  /** Called whenever the observer has looked. A disk that may still be harmed is not well, whatever its logs say. */
  look(): void {
    if (![...this.#running].some(({ harmsDisk }) => harmsDisk)) this.#scene.budget.look()
    const due = this.#repairs.filter(({ isDue }) => isDue())
    this.#repairs = this.#repairs.filter((repair) => !due.includes(repair))
    for (const { run } of due) run()
  }

  /** Ends every fault; all brokers run, and the network is as it should be, but for what `repairAll` repairs. */
  healAll(): void {
    for (const running of [...this.#running]) this.#end(running)
    for (const machine of this.#scene.world.machines) machine.start()
  }

  repairAll(): void {
    for (const { run } of this.#repairs.splice(0)) run()
  }

  #inject(fault: Fault): void {
    const { world } = this.#scene
    // The same fault twice at a time would end with the first of the two.
    if ([...this.#running].some(({ name }) => name === fault.name)) return
    const { name, needsReplicas: harmsDisk = false, isExclusive = false } = fault
    if (isExclusive && this.#running.size > 0) return
    const injected = fault.inject(this.#scene)
    if (injected === undefined) return
    const { what, durationMs, heal, outlastsPhase = false, isOver = () => false } = injected
    const { repair: run, isRepairDue: isDue = () => false } = injected
    const repair = run && { run, isDue }
    world.trace.add('fault', fault.name, { ...what, durationMs })
    this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1)
    const running = { name, harmsDisk, heal, repair, outlastsPhase, isExclusive, isOver }
    this.#running.add(running)
    world.clock.after(durationMs, () => this.#end(running))
  }

  #end(running: Running): void {
    if (!this.#running.delete(running)) return
    this.#scene.world.trace.add('fault', `${running.name} is over`)
    running.heal()
    if (running.repair !== undefined) this.#repairs.push(running.repair)
  }
}
