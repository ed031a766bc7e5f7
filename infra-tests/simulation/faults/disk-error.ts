import { type Fault, pickRunning, someTime } from './fault.ts'

/** Reads, writes or syncs of one broker's logs fail with EIO for a while. */
export const diskError: Fault = {
  name: 'disk-error',
  needsReplicas: true,
  inject(scene) {
    const { dice, budget } = scene
    const machine = pickRunning(scene)
    if (machine === undefined || !budget.mayHarmDisk(machine)) return undefined
    budget.harmDisk(machine)
    const operations = dice.pick([['read'], ['write'], ['sync'], ['read', 'write', 'sync']] as const)
    const heal = machine.disk.fail({ operations, code: 'EIO', path: /\.log$/ })
    const restart = () => {
      heal()
      // A log that went offline stays so until its broker starts anew.
      machine.kill()
      machine.start()
    }
    return {
      what: { broker: machine.id, operations },
      durationMs: someTime(dice, 2000),
      heal: restart,
    }
  },
}
