import type { Machine } from '../world/machine.ts'
import type { Fault, Scene } from './fault.ts'

/** Longer than sessions and lag times, mostly. */
const BEHIND_MS_MIN = 4000
const BEHIND_MS_MAX = 9000
const ALONE_MS_MAX = 6000

/**
 * One broker hears nothing for so long that it is behind, and out of the ISR. Then all others die, it hears again, and
 * for a while it is the only one: it must not lead where it does not have everything.
 */
export const leftBehind: Fault = {
  name: 'left-behind',
  needsReplicas: true,
  isExclusive: true,
  inject(scene) {
    const { world, dice, budget } = scene
    const { machines } = world
    if (machines.length < 2 || !machines.every((each) => each.isMember && budget.mayKill(each)))
      return undefined
    const victim = dice.pick(machines)
    const others = machines.filter((machine) => machine !== victim)
    const hear = cutOff(scene, victim, others)
    const behindMs = dice.between(BEHIND_MS_MIN, BEHIND_MS_MAX)
    let isOver = false
    world.clock.after(behindMs, () => {
      if (isOver) return
      for (const machine of others) {
        machine.stayDown()
        machine.kill()
      }
      hear()
    })
    const heal = () => {
      isOver = true
      hear()
      for (const machine of others) world.clock.after(dice.between(0, 2000), () => machine.start())
    }
    const durationMs = behindMs + dice.between(1000, ALONE_MS_MAX)
    return { what: { broker: victim.id, behindMs }, durationMs, heal }
  },
}

/** Whether its clients hear it or not; the returned function may be called more than once. */
function cutOff({ world, dice }: Scene, victim: Machine, others: readonly Machine[]): () => void {
  const clients = dice.chance(0.5) ? world.clients : []
  const heals = [...others, ...clients].map(({ name }) => world.network.block(victim.name, name))
  return () => {
    for (const heal of heals.splice(0)) heal()
  }
}
