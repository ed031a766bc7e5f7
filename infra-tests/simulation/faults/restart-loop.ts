import type { Machine } from '../world/machine.ts'
import { type Fault, pickRunning, type Scene, someTime } from './fault.ts'

/** A broker is killed again and again, mostly before it has come up (out of memory at start, for example). */
export const restartLoop: Fault = {
  name: 'restart-loop',
  inject: (scene) => {
    const machine = pickRunning(scene)
    return machine && killAgain(scene, () => machine, 400)
  },
}

/** Whoever is the controller is killed; then the next one, and so on. */
export const controllerStorm: Fault = {
  name: 'controller-storm',
  inject: (scene) =>
    killAgain(scene, () => scene.world.machines.find(({ isController }) => isController), 1500),
}

function killAgain({ world, dice, budget }: Scene, victim: () => Machine | undefined, meanPauseMs: number) {
  if (victim() === undefined) return undefined
  let isOver = false
  const strike = () => {
    if (isOver) return
    const machine = victim()
    if (machine?.isRunning && budget.mayKill(machine)) {
      machine.kill()
      world.clock.after(dice.between(0, 200), () => machine.start())
    }
    world.clock.after(dice.around(meanPauseMs), strike)
  }
  strike()
  const heal = () => {
    isOver = true
  }
  return { what: { broker: victim()?.id }, durationMs: someTime(dice, 4000), heal }
}
