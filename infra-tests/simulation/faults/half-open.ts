import { type Fault, pickRunning, someTime } from './fault.ts'

/** A broker is killed and restarted while nobody can hear it: its old connections look alive to the others. */
export const halfOpen: Fault = {
  name: 'half-open',
  inject(scene) {
    const { world, dice, budget } = scene
    const machine = pickRunning(scene)
    if (machine === undefined || !budget.mayKill(machine)) return undefined
    const others = [...world.machines, ...world.clients].filter(({ name }) => name !== machine.name)
    const heals = others.map(({ name }) => world.network.block(machine.name, name))
    machine.stayDown()
    machine.kill()
    machine.start()
    const heal = () => {
      for (const each of dice.shuffled(heals)) each()
    }
    return { what: { broker: machine.id }, durationMs: someTime(dice, 3000), heal }
  },
}
