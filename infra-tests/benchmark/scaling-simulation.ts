/** `npm run simulate:scaling [days]`: the autoscaler's whole loop over synthetic loads, as a table. */
import { loadShapes } from '../../control-plane/src/testing/load-shapes.ts'
import { simulateScaling } from '../../control-plane/src/testing/scaling-simulation.ts'

const DAYS = Number(process.argv[2] ?? 7)
const RESTART_EVERY_MINUTES = 667

console.log(
  '| load | reversals a day | operations | utilisation p99 | broker-hours | best static fleet | ratio |',
)
console.log('|---|---|---|---|---|---|---|')
for (const [name, shape] of Object.entries(loadShapes(1))) {
  const played = await simulateScaling(shape, { days: DAYS, restartEveryMinutes: RESTART_EVERY_MINUTES })
  const { reversalsPerDay, operations, p99Utilisation, brokerHours, bestStaticBrokerHours } = played
  const percent = `${Math.round(p99Utilisation * 100)} %`
  const ratio = (brokerHours / bestStaticBrokerHours).toFixed(2)
  const cells = [
    name,
    reversalsPerDay.toFixed(1),
    operations,
    percent,
    brokerHours,
    bestStaticBrokerHours,
    ratio,
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
