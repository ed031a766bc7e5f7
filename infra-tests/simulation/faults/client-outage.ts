import { type Fault, someTime } from './fault.ts'

/** A client cannot be reached, and reaches nobody, for longer than its session lasts. */
export const clientOutage: Fault = {
  name: 'client-outage',
  inject({ world, dice }) {
    if (world.clients.length === 0) return undefined
    const { name } = dice.pick(world.clients)
    const heals = world.machines.map((machine) => world.network.block(name, machine.name))
    const heal = () => {
      for (const each of heals) each()
    }
    return { what: { client: name }, durationMs: someTime(dice, 8000), heal }
  },
}
