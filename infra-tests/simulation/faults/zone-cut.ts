import { type Fault, someTime } from './fault.ts'

/** The brokers of one zone do not hear those of the others, nor the store; clients are where they are. */
export const zoneCut: Fault = {
  name: 'zone-cut',
  inject({ world, dice }) {
    const { zone } = dice.pick(world.machines)
    const [inside, outside] = [
      world.machines.filter((machine) => machine.zone === zone),
      world.machines.filter((machine) => machine.zone !== zone),
    ]
    const heals = inside.flatMap((one) => outside.map((other) => world.network.block(one.name, other.name)))
    for (const machine of inside) machine.storeOutages++
    const heal = () => {
      for (const each of dice.shuffled(heals)) each()
      for (const machine of inside) machine.storeOutages--
    }
    return { what: { zone }, durationMs: someTime(dice, 5000), heal }
  },
}
