import type { Fault } from './fault.ts'

/** One way; a follower that takes longer than that is soon out of the ISR. */
const SLOWER_MS_MIN = 300
const SLOWER_MS_MAX = 900

/**
 * The ways between a follower and all other brokers are slow, so that it knows less than the others of what there is and
 * of what is committed. Then its leader dies.
 */
export const laggingFollower: Fault = {
  name: 'lagging-follower',
  inject({ world, dice, budget }) {
    const led = world.observer.partitions().filter(({ isr, leader }) => leader >= 0 && isr.length > 1)
    if (led.length === 0) return undefined
    const { leader, isr } = dice.pick(led)
    const machine = world.machine(leader)
    const follower = world.machine(dice.pick(isr.filter((id) => id !== leader)))
    if (machine === undefined || follower === undefined) return undefined
    const byMs = dice.between(SLOWER_MS_MIN, SLOWER_MS_MAX)
    const others = world.machines.filter((each) => each !== follower)
    const hastens = others.map(({ name }) => world.network.slow(name, follower.name, byMs))
    const slowMs = dice.between(2000, 4000)
    let isOver = false
    world.clock.after(slowMs, () => {
      if (isOver || !machine.isRunning || !budget.mayKill(machine)) return
      machine.stayDown()
      machine.kill()
    })
    const heal = () => {
      isOver = true
      for (const hasten of hastens) hasten()
      machine.start()
    }
    const what = { leader, follower: follower.id, byMs }
    return { what, durationMs: slowMs + dice.between(500, 3000), heal }
  },
}
