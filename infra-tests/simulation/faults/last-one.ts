import type { Machine } from '../world/machine.ts'
import type { Fault } from './fault.ts'

/** Until the death of all others is known, and it leads alone. */
const LEADING_MS_MAX = 3000
const ALONE_MS_MAX = 6000

/** All brokers but one die. Then that one, which led on, loses power; it comes back before the others. */
export const lastOneLosesPower = lastOne('last-one-loses-power', (machine) => {
  machine.stayDown()
  machine.losePower()
})

/** The same, with a disk that breaks for good. */
export const lastOneLosesItsDisk = lastOne('last-one-loses-its-disk', (machine) => {
  machine.stayDown()
  machine.replaceDisk()
})

/** What it had alone nobody was promised: with fewer than min.insync.replicas nothing is acknowledged. */
function lastOne(name: string, harm: (machine: Machine) => void): Fault {
  return {
    name,
    needsReplicas: true,
    isExclusive: true,
    inject({ world, dice, budget }) {
      const { machines } = world
      if (machines.length < 2 || !machines.every(({ isMember }) => isMember)) return undefined
      const last = dice.pick(machines)
      if (!budget.mayHarmDisk(last) || !machines.every((machine) => budget.mayKill(machine))) return undefined
      budget.harmDisk(last)
      const others = machines.filter((machine) => machine !== last)
      for (const machine of others) {
        machine.stayDown()
        machine.kill()
      }
      const leadingMs = dice.between(0, LEADING_MS_MAX)
      let isOver = false
      world.clock.after(leadingMs, () => {
        if (!isOver) harm(last)
      })
      world.clock.after(leadingMs + dice.between(100, 1000), () => last.start())
      const heal = () => {
        isOver = true
        last.start()
        for (const machine of others) world.clock.after(dice.between(0, 2000), () => machine.start())
      }
      const durationMs = leadingMs + dice.between(2000, ALONE_MS_MAX)
      return { what: { broker: last.id, leadingMs }, durationMs, heal }
    },
  }
}
