import { type Fault, pickRunning, someTime } from './fault.ts'

/** One broker's clock is wrong: it jumps, forward or back, by seconds or by hours. */
export const clockJump: Fault = {
  name: 'clock',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined) return undefined
    const byMs = scene.dice.pick([-3_600_000, -30_000, -2000, 500, 5000, 60_000, 3_600_000])
    scene.world.shiftClock(machine, byMs)
    return {
      what: { broker: machine.id, byMs },
      durationMs: someTime(scene.dice, 8000),
      heal: () => scene.world.shiftClock(machine, -byMs),
    }
  },
}
