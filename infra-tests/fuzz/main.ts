/**
 * `npm run fuzz`: as many bad inputs as wanted, against brokers of its own.
 *   --cases N   1,000,000 if left out; one in twenty of them to the APIs between brokers
 *   --seed N    the clock's if left out
 * Ends with 1 if anything went wrong.
 */
import { parseArgs } from 'node:util'
import { startCluster } from '../conformance/cluster-under-test.ts'
import { describeResult } from './report.ts'
import { type FuzzOptions, type FuzzResult, fuzzClients, fuzzUnsettling } from './run.ts'

const { values: options } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
})
const UNSETTLING_SHARE = 0.05

process.exitCode = await main()

async function main(): Promise<number> {
  const cases = Number(options.cases)
  const seed = options.seed === undefined ? Date.now() % 2 ** 32 : Number(options.seed)
  console.log(`seed ${seed}`)
  const unsettlingCases = Math.ceil(cases * UNSETTLING_SHARE)
  const results = [
    await play(fuzzClients, { seed, cases: cases - unsettlingCases }),
    await play(fuzzUnsettling, { seed, cases: unsettlingCases }),
  ]
  const complaints = results.flatMap((result) => result.complaints)
  for (const complaint of complaints) console.log(complaint)
  if (complaints.length > 0) console.log(`repeat with: npm run fuzz -- --cases ${cases} --seed ${seed}`)
  return complaints.length === 0 ? 0 : 1
}

async function play(fuzz: typeof fuzzClients, fuzzOptions: FuzzOptions): Promise<FuzzResult> {
  const cluster = await startCluster({ brokers: 1 })
  try {
    const result = await fuzz(cluster, fuzzOptions)
    console.log(describeResult(result))
    return result
  } finally {
    await cluster.stop()
  }
}
