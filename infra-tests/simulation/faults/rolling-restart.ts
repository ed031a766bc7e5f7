import type { Fault } from './fault.ts'

const STEP_MS = 6000

/** Every broker is stopped in good order and started again, one after the other. */
export const rollingRestart: Fault = {
  name: 'rolling-restart',
  inject({ world, budget }) {
    if (!world.machines.every((machine) => machine.isMember && budget.mayKill(machine))) return undefined
    let isOver = false
    for (const [index, machine] of world.machines.entries()) {
      world.clock.after(index * STEP_MS, () => {
        if (!isOver) machine.stop()
      })
      world.clock.after(index * STEP_MS + STEP_MS / 2, () => machine.start())
    }
    return {
      what: {},
      durationMs: world.machines.length * STEP_MS,
      heal: () => {
        isOver = true
      },
    }
  },
}
