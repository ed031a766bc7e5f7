import { type Fault, pickRunning, someTime } from './fault.ts'

/** Every fsync of one broker takes long. */
export const slowDisk: Fault = {
  name: 'slow-disk',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined) return undefined
    machine.syncDelayMs = scene.dice.between(50, 3000)
    return {
      what: { broker: machine.id, syncDelayMs: machine.syncDelayMs },
      durationMs: someTime(scene.dice, 5000),
      heal: () => {
        machine.syncDelayMs = 0
      },
    }
  },
}
