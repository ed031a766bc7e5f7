import type { Fault } from './fault.ts'
import { isOutOfReach } from './store-outage.ts'

const HOUR_MS = 3_600_000
/** Clients work so many times more slowly meanwhile: what is tested is the time, not the load. */
const PACE = 100

/** Nobody reaches the coordination store for hours; leaders go on serving, and all of it heals by itself. */
export const longStoreOutage: Fault = {
  name: 'long-store-outage',
  isRare: true,
  inject({ world }) {
    const restore = isOutOfReach(world.machines)
    world.pace = PACE
    const heal = () => {
      world.pace = 1
      restore()
    }
    return { what: {}, durationMs: HOUR_MS, outlastsPhase: true, heal }
  },
}
