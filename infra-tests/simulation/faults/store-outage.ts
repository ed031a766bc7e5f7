import type { Machine } from '../world/machine.ts'
import { type Fault, someTime } from './fault.ts'

/** The coordination store cannot be reached by anybody for seconds. */
export const storeOutage: Fault = {
  name: 'store-outage',
  inject({ world, dice }) {
    return { what: {}, durationMs: someTime(dice, 8000), heal: isOutOfReach(world.machines) }
  },
}

/** One broker does not reach it, mostly the controller; all others do. */
export const storeCut: Fault = {
  name: 'store-cut',
  inject({ world, dice }) {
    const controller = world.machines.find(({ isController }) => isController)
    const victim = dice.chance(0.7) ? (controller ?? dice.pick(world.machines)) : dice.pick(world.machines)
    const what = { broker: victim.id, isController: victim.isController }
    return { what, durationMs: someTime(dice, 8000), heal: isOutOfReach([victim]) }
  },
}

/** Until the returned function is called these machines do not reach the store. */
export function isOutOfReach(machines: readonly Machine[]): () => void {
  const victims = [...machines]
  for (const machine of victims) machine.storeOutages++
  return () => {
    for (const machine of victims) machine.storeOutages--
  }
}

export const slowStore: Fault = {
  name: 'slow-store',
  inject({ world, dice }) {
    const before = world.storeLatencyMs
    world.storeLatencyMs = dice.pick([20, 200, 1000, 2500])
    return {
      what: { latencyMs: world.storeLatencyMs },
      durationMs: someTime(dice, 6000),
      heal: () => {
        world.storeLatencyMs = before
      },
    }
  },
}
