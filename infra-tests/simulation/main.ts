/**
 * npm run simulate -- --seed 7 --trace              one seed, with its timeline
 * npm run simulate -- --runs 1000 [--first 1]       search
 * npm run simulate -- --minutes 10                  search until the time is over
 * Further: --faults crash,partition  --rf 1|3  --brokers 1-5  --topic plain|compacted
 *   --with transactions,shares,deletions,consumers,quotas,retention
 */
import { parseArgs } from 'node:util'
import { allFaults, faultsNamed } from './faults/index.ts'
import { replayCommand } from './replay-command.ts'
import { type SimulationOptions, type SimulationResult, simulate } from './simulation.ts'
import { PLAIN, topicKindNamed } from './topic-kind.ts'
import { extrasNamed } from './workloads/index.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    first: { type: 'string' },
    faults: { type: 'string' },
    rf: { type: 'string', default: '3' },
    brokers: { type: 'string', default: '3' },
    topic: { type: 'string', default: PLAIN.name },
    trace: { type: 'boolean', default: false },
    with: { type: 'string', default: '' },
  },
})

/** So many runs have all faults, also the rare ones: one that never struck tests nothing. */
const RUNS_FOR_ALL_FAULTS = 1000

process.exitCode = await main()

async function main(): Promise<number> {
  const startedMs = performance.now()
  const first = Number(values.seed ?? values.first ?? 1)
  const count = values.seed !== undefined ? 1 : Number(values.runs ?? (values.minutes ? Infinity : 100))
  const endMs = values.minutes === undefined ? Infinity : startedMs + Number(values.minutes) * 60_000
  const faultTotals = new Map<string, number>()
  let failed = 0
  let virtualMs = 0
  let runs = 0
  let acknowledged = 0
  for (; runs < count && performance.now() < endMs; runs++) {
    const result = await simulate(optionsOf(first + runs))
    virtualMs += result.virtualMs
    acknowledged += result.acknowledged
    for (const [name, times] of result.faults) faultTotals.set(name, (faultTotals.get(name) ?? 0) + times)
    if (result.verdicts.length > 0) {
      failed++
      report(result)
    }
  }
  const seconds = (performance.now() - startedMs) / 1000
  const faults = [...faultTotals].toSorted().map(([name, times]) => `${name} ${times}`)
  console.log(
    `${runs} seeds, ${failed} failed, ${(virtualMs / 3_600_000).toFixed(2)} hours of virtual time, ` +
      `${acknowledged} acknowledged, ${seconds.toFixed(1)} s (${(seconds / runs).toFixed(2)} s a seed)`,
  )
  console.log(`faults: ${faults.join(', ')}`)
  const idle = allFaults.filter(({ name }) => !faultTotals.has(name)).map(({ name }) => name)
  if (idle.length > 0 && runs >= RUNS_FOR_ALL_FAULTS && values.faults === undefined) {
    console.log(`faults that never struck: ${idle.join(', ')}`)
    return 1
  }
  return failed === 0 ? 0 : 1
}

function optionsOf(seed: number): SimulationOptions {
  return {
    seed,
    brokers: Number(values.brokers),
    replicationFactor: Number(values.rf),
    faults: values.faults === undefined ? undefined : faultsNamed(values.faults.split(',').filter(Boolean)),
    topicKind: topicKindNamed(values.topic),
    extras: extrasNamed(values.with.split(',').filter(Boolean)),
    write: values.trace ? (line) => console.log(line) : undefined,
  }
}

function report({ seed, verdicts }: SimulationResult): void {
  console.log(`seed ${seed} failed:`)
  for (const verdict of verdicts) console.log(`  ${verdict}`)
  console.log(`  replay: ${replayCommand(optionsOf(seed))}`)
}
