import { type Fault, someTime } from './fault.ts'

/** Connections break again and again, with all that was underway on them. */
export const reset: Fault = {
  name: 'reset',
  inject({ world, dice }) {
    let isOver = false
    const hosts = [...world.machines, ...world.clients].map(({ name }) => name)
    const strike = () => {
      if (isOver) return
      const [a, b] = dice.shuffled(hosts)
      if (a !== undefined && b !== undefined) world.network.reset(a, b)
      world.clock.after(dice.around(150), strike)
    }
    strike()
    return {
      what: {},
      durationMs: someTime(dice, 4000),
      heal: () => {
        isOver = true
      },
    }
  },
}
