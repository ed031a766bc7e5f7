import { type Fault, pickRunning, someTime } from './fault.ts'

/** A disk says that it has written, and has written it somewhere else, over other records; then it is replaced. */
export const misdirectedWrite: Fault = {
  name: 'misdirected-write',
  needsReplicas: true,
  inject(scene) {
    const { dice, budget } = scene
    const machine = pickRunning(scene)
    if (machine === undefined || !budget.mayHarmDisk(machine)) return undefined
    budget.harmDisk(machine)
    const stop = machine.disk.misdirectWrite(/\.log$/, dice.random)
    const heal = () => {
      stop()
      machine.replaceDisk()
      machine.start()
    }
    return { what: { broker: machine.id }, durationMs: someTime(dice, 3000), heal }
  },
}
