import { type Fault, pickRunning, someTime } from './fault.ts'

/** Every fsync of one broker takes long, and every read whose bytes the disk has to bring. */
export const slowDisk: Fault = {
  name: 'slow-disk',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined) return undefined
    machine.diskDelayMs = scene.dice.between(50, 3000)
    return {
      what: { broker: machine.id, diskDelayMs: machine.diskDelayMs },
      durationMs: someTime(scene.dice, 5000),
      heal: () => {
        machine.diskDelayMs = 0
      },
    }
  },
}
