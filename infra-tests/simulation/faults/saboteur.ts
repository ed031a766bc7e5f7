/** Injects faults one after the other, a few at a time, until it is told to end. */
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
  readonly heal: () => void
}

export class Saboteur {
  readonly #scene: Scene
  readonly #options: SaboteurOptions
  readonly #running = new Set<Running>()
  readonly injected = new Map<string, number>()

  constructor(world: World, options: SaboteurOptions) {
    this.#options = options
    this.#scene = { world, dice: world.dice, budget: new FaultBudget(world, options.replicas) }
  }

  async run(endMs: number): Promise<void> {
    const { world, dice } = this.#scene
    const { faults, meanPauseMs, atOnceMax } = this.#options
    while (world.nowMs < endMs) {
      await world.sleep(Math.min(dice.around(meanPauseMs), endMs - world.nowMs))
      const isFull = this.#running.size >= atOnceMax
      if (world.nowMs < endMs && !isFull && faults.length > 0) this.#inject(dice.pick(faults))
    }
  }

  /** Ends every fault; all brokers run, and the network is as it should be. */
  healAll(): void {
    for (const running of [...this.#running]) this.#end(running)
    for (const machine of this.#scene.world.machines) machine.start()
  }

  #inject(fault: Fault): void {
    const { world } = this.#scene
    // The same fault twice at a time would end with the first of the two.
    if ([...this.#running].some(({ name }) => name === fault.name)) return
    const injected = fault.inject(this.#scene)
    if (injected === undefined) return
    const { what, durationMs, heal } = injected
    world.trace.add('fault', fault.name, { ...what, durationMs })
    this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1)
    const running = { name: fault.name, heal }
    this.#running.add(running)
    world.clock.after(durationMs, () => this.#end(running))
  }

  #end(running: Running): void {
    if (!this.#running.delete(running)) return
    this.#scene.world.trace.add('fault', `${running.name} is over`)
    running.heal()
  }
}
