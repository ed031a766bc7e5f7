import { type Fault, someTime } from './fault.ts'

/** All machines of one zone lose power. */
export const zoneLoss: Fault = {
  name: 'zone-loss',
  needsReplicas: true,
  inject({ world, dice, budget }) {
    const { zone } = dice.pick(world.machines)
    const victims = world.machines.filter((machine) => machine.zone === zone)
    if (!victims.every(({ isRunning }) => isRunning) || !budget.mayHarmDisk(...victims)) return undefined
    for (const machine of victims) {
      budget.harmDisk(machine)
      machine.stayDown()
      machine.losePower()
    }
    const heal = () => {
      for (const machine of victims) machine.start()
    }
    return { what: { zone }, durationMs: someTime(dice, 8000), heal }
  },
}
