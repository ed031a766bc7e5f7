import { type Fault, someTime } from './fault.ts'

/** The coordination store cannot be reached, by everybody or by some, for seconds up to an hour. */
export const storeOutage: Fault = {
  name: 'store-outage',
  inject({ world, dice }) {
    const victims = dice.chance(0.5) ? world.machines : dice.shuffled(world.machines).slice(0, 1)
    for (const machine of victims) machine.storeReachable = false
    const heal = () => {
      for (const machine of victims) machine.storeReachable = true
    }
    return { what: { brokers: victims.map(({ id }) => id) }, durationMs: someTime(dice, 8000), heal }
  },
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
