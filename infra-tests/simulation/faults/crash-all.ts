import { type Fault, someTime } from './fault.ts'

/** kill -9 of several brokers at once; they come back one after the other. */
export const crashAll: Fault = {
  name: 'crash-all',
  inject({ world, dice, budget }) {
    const victims = dice.shuffled(world.machines).slice(0, dice.between(2, world.machines.length))
    if (!victims.every((machine) => machine.isRunning && budget.mayKill(machine))) return undefined
    for (const machine of victims) {
      machine.stayDown()
      machine.kill()
    }
    const heal = () => {
      for (const machine of victims) world.clock.after(dice.between(0, 3000), () => machine.start())
    }
    return { what: { brokers: victims.map(({ id }) => id) }, durationMs: someTime(dice, 2000), heal }
  },
}
