import { type Fault, pickRunning, someTime } from './fault.ts'

/** A disk breaks for good: the machine comes back with an empty one, and the broker with nothing that it had. */
export const diskReplaced: Fault = {
  name: 'disk-replaced',
  needsReplicas: true,
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayHarmDisk(machine)) return undefined
    scene.budget.harmDisk(machine)
    machine.stayDown()
    machine.replaceDisk()
    return {
      what: { broker: machine.id },
      durationMs: someTime(scene.dice, 3000),
      heal: () => machine.start(),
    }
  },
}
