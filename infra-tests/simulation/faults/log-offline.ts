import { type Fault, pickRunning, someTime } from './fault.ts'

/**
 * What a broker writes or reads fails with EIO for a moment. The logs that met it stay offline, and the broker runs on:
 * it is restarted only when clients have shown that they get on without them.
 */
export const logOffline: Fault = {
  name: 'log-offline',
  needsReplicas: true,
  inject(scene) {
    const { dice, budget } = scene
    const machine = pickRunning(scene)
    if (machine === undefined || !budget.mayHarmDisk(machine)) return undefined
    budget.harmDisk(machine)
    const heal = machine.disk.fail({ operations: ['read', 'write'], code: 'EIO', path: /\.log$/ })
    const repair = () => {
      machine.kill()
      machine.start()
    }
    return { what: { broker: machine.id }, durationMs: someTime(dice, 2000), heal, repair }
  },
}
