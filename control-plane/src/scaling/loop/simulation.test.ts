import { expect, it } from 'vitest'
import { loadShapes } from '../../testing/load-shapes.ts'
import { simulateScaling } from '../../testing/scaling-simulation.ts'

const DAYS = 3
/** The control plane forgets the last minutes that it measured, twice a day. */
const RESTART_EVERY_MINUTES = 667

/** `npm run simulate:scaling` plays a whole week of each; docs/scaling.md has its figures. */
it.each(Object.entries(loadShapes(1)))(
  'a cluster under %s load is neither too small nor changed without end, while control planes restart',
  async (_name, shape) => {
    const played = await simulateScaling(shape, { days: DAYS, restartEveryMinutes: RESTART_EVERY_MINUTES })
    expect(played.reversalsPerDay).toBeLessThanOrEqual(2)
    expect(played.p99Utilisation).toBeLessThanOrEqual(0.7)
    expect(played.brokerHours).toBeLessThanOrEqual(played.bestStaticBrokerHours * 1.5)
  },
  60_000,
)
