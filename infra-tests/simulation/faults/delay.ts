import { type Fault, someTime } from './fault.ts'

/** One link is slow, or the whole network: connections get ahead of each other. */
export const delay: Fault = {
  name: 'delay',
  inject({ world, dice }) {
    const byMs = dice.pick([20, 100, 500, 2000])
    const durationMs = someTime(dice, 4000)
    if (dice.chance(0.5)) {
      const { conditions } = world.network
      const before = conditions.jitterMs
      conditions.jitterMs = byMs
      const heal = () => {
        conditions.jitterMs = before
      }
      return { what: { jitterMs: byMs }, durationMs, heal }
    }
    const hosts = [...world.machines, ...world.clients].map(({ name }) => name)
    const [a, b] = dice.shuffled(hosts)
    if (a === undefined || b === undefined) return undefined
    return { what: { link: `${a}-${b}`, byMs }, durationMs, heal: world.network.slow(a, b, byMs) }
  },
}
