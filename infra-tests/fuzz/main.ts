/**
 * `npm run fuzz`: as many bad inputs as wanted, against brokers of its own.
 *   --cases N   1,000,000 if left out; one in twenty of them to the APIs between brokers
 *   --seed N    the clock's if left out
 *   --part clients|brokers --lane N --round N
 *               sends again what led to a finding, and nothing else; with --from N also what that lane sent before, from
 *               that round on
 * Findings are printed when they are made. Ends with 1 if anything went wrong.
 */
import { parseArgs } from 'node:util'
import { startCluster } from '../conformance/cluster-under-test.ts'
import { describeResult } from './report.ts'
import { fuzz, type Part, replayFinding } from './run.ts'

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    part: { type: 'string', default: 'clients' },
    lane: { type: 'string' },
    round: { type: 'string' },
    from: { type: 'string' },
  },
})
const UNSETTLING_SHARE = 0.05

process.exitCode = await main()

async function main(): Promise<number> {
  const seed = options.seed === undefined ? Date.now() % 2 ** 32 : Number(options.seed)
  if (options.round !== undefined) return (await again(seed, Number(options.round))) ? 0 : 1
  const cases = Number(options.cases)
  console.log(`seed ${seed}`)
  const unsettlingCases = Math.ceil(cases * UNSETTLING_SHARE)
  const fine = [
    await play('clients', seed, cases - unsettlingCases),
    await play('brokers', seed, unsettlingCases),
  ]
  if (fine.every(Boolean)) return 0
  console.log(`repeat all of it with: npm run fuzz -- --cases ${cases} --seed ${seed}`)
  return 1
}

/** Whether all went well. */
async function play(part: Part, seed: number, cases: number): Promise<boolean> {
  const cluster = await startCluster({ brokers: 1 })
  try {
    const result = await fuzz(cluster, { part, seed, cases, onFinding: (finding) => console.log(finding) })
    console.log(describeResult(result))
    for (const complaint of result.complaints) console.log(complaint)
    return result.findings.length + result.complaints.length === 0
  } finally {
    await cluster.stop()
  }
}

async function again(seed: number, last: number): Promise<boolean> {
  const rounds = { lane: Number(options.lane ?? 0), first: Number(options.from ?? last), last }
  const cluster = await startCluster({ brokers: 1 })
  try {
    const findings = await replayFinding(cluster, { part: partOf(options.part), seed }, rounds)
    for (const { round, what } of findings) console.log(`round ${round}: ${what}`)
    console.log(`${findings.length} findings`)
    return findings.length === 0
  } finally {
    await cluster.stop()
  }
}

function partOf(text: string): Part {
  if (text === 'clients' || text === 'brokers') return text
  throw new Error(`--part is clients or brokers, not ${text}`)
}
