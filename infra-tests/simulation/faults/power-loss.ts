import { type Fault, pickRunning, someTime } from './fault.ts'

/** A machine loses power: what was not synced is gone, the last write torn. */
export const powerLoss: Fault = {
  name: 'power-loss',
  needsReplicas: true,
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayHarmDisk(machine)) return undefined
    scene.budget.harmDisk(machine)
    machine.stayDown()
    machine.losePower()
    return {
      what: { broker: machine.id },
      durationMs: someTime(scene.dice, 3000),
      heal: () => machine.start(),
    }
  },
}
