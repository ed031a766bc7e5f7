import { type Fault, pickRunning, someTime } from './fault.ts'

/** One broker's clock jumps to and fro, several times a second. */
export const clockStrobe: Fault = {
  name: 'clock-strobe',
  inject(scene) {
    const { world, dice } = scene
    const machine = pickRunning(scene)
    if (machine === undefined) return undefined
    const byMs = dice.pick([200, 5000, 60_000])
    let isAhead = false
    let isOver = false
    const swing = () => {
      if (isOver) return
      world.shiftClock(machine, isAhead ? -byMs : byMs)
      isAhead = !isAhead
      world.clock.after(dice.between(20, 300), swing)
    }
    swing()
    const heal = () => {
      isOver = true
      if (isAhead) world.shiftClock(machine, -byMs)
    }
    return { what: { broker: machine.id, byMs }, durationMs: someTime(dice, 4000), heal }
  },
}
