import { type Fault, pickRunning, someTime } from './fault.ts'

/** A disk says that it has synced and has not, until its machine loses power. */
export const lyingSync: Fault = {
  name: 'lying-sync',
  needsReplicas: true,
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayHarmDisk(machine)) return undefined
    scene.budget.harmDisk(machine)
    machine.disk.liesAboutSync = true
    const heal = () => {
      machine.disk.liesAboutSync = false
      machine.losePower()
      machine.start()
    }
    return { what: { broker: machine.id }, durationMs: someTime(scene.dice, 5000), heal }
  },
}
