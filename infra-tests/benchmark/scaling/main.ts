/**
 * The autoscaler's whole loop, as tables for docs/scaling.md: `npm run simulate:scaling` over synthetic loads,
 * `npm run simulate:scaling -- recorded` over recorded ones.
 */
import { type LoadShape, loadShapes } from '../../../control-plane/src/testing/load-shapes.ts'
import { simulateScaling } from '../../../control-plane/src/testing/scaling-simulation.ts'
import { RECORDED_LOADS, readRecordedLoad } from './recorded-loads.ts'

const SYNTHETIC_DAYS = 7
const RESTART_EVERY_MINUTES = 667

console.log(
  '| load | days | reversals a day | operations | utilisation p99 | broker-hours | best static fleet | ratio |',
)
console.log('|---|---|---|---|---|---|---|---|')
if (process.argv[2] === 'recorded') {
  for (const recorded of RECORDED_LOADS) {
    await play(recorded.name, await readRecordedLoad(recorded), recorded.days)
  }
} else {
  for (const [name, shape] of Object.entries(loadShapes(1))) await play(name, shape, SYNTHETIC_DAYS)
}

async function play(name: string, shape: LoadShape, days: number): Promise<void> {
  const played = await simulateScaling(shape, { days, restartEveryMinutes: RESTART_EVERY_MINUTES })
  const { reversalsPerDay, operations, p99Utilisation, brokerHours, bestStaticBrokerHours } = played
  const cells = [
    name,
    days,
    reversalsPerDay.toFixed(1),
    operations,
    `${Math.round(p99Utilisation * 100)} %`,
    brokerHours,
    bestStaticBrokerHours,
    (brokerHours / bestStaticBrokerHours).toFixed(2),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
