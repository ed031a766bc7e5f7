import { type Fault, pickRunning, someTime } from './fault.ts'

/** kill -9 of one broker; its host agent starts it again, sometimes only after a while. */
export const crash: Fault = {
  name: 'crash',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined || !scene.budget.mayKill(machine)) return undefined
    machine.stayDown()
    machine.kill()
    const durationMs = scene.dice.chance(0.5) ? 100 : someTime(scene.dice, 4000)
    return { what: { broker: machine.id }, durationMs, heal: () => machine.start() }
  },
}
