import { type Fault, pickRunning } from './fault.ts'

/** One broker's event loop stands still: SIGSTOP, or a long synchronous task. */
export const stall: Fault = {
  name: 'stall',
  inject(scene) {
    const machine = pickRunning(scene)
    if (machine === undefined) return undefined
    const durationMs = scene.dice.pick([50, 500, 3000, 6000, 12_000])
    machine.stall()
    return { what: { broker: machine.id }, durationMs, heal: () => machine.resume() }
  },
}
