import type { Machine } from '../world/machine.ts'
import { type Fault, someTime } from './fault.ts'

/** The coordination store cannot be reached, by everybody or by some, for seconds. */
export const storeOutage: Fault = {
  name: 'store-outage',
  inject({ world, dice }) {
    const victims = dice.chance(0.5) ? world.machines : dice.shuffled(world.machines).slice(0, 1)
    const what = { brokers: victims.map(({ id }) => id) }
    return { what, durationMs: someTime(dice, 8000), heal: isOutOfReach(victims) }
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
