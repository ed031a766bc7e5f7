import { type Fault, pickRunning, someTime } from './fault.ts'

/** No room on one broker's disk for a while. */
export const diskFull: Fault = {
  name: 'disk-full',
  needsReplicas: true,
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayHarmDisk(machine)) return undefined
    scene.budget.harmDisk(machine)
    const mayRestart = scene.dice.chance(0.5)
    machine.disk.capacityBytes = machine.disk.usedBytes + scene.dice.between(0, 2000)
    const heal = () => {
      machine.disk.capacityBytes = Number.POSITIVE_INFINITY
      // Its logs are opened again by themselves, or with the next start.
      if (!mayRestart) return
      machine.kill()
      machine.start()
    }
    return { what: { broker: machine.id }, durationMs: someTime(scene.dice, 3000), heal }
  },
}
