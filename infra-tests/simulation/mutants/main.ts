/**
 * How surely each mutant is caught: npm run simulate:mutants [-- --seeds 8 --first 1 --only fencing-skipped,lso-too-far]
 *
 * A run ends with the first thing that is wrong, mostly something that is seen inside the brokers. With --blind nobody
 * looks into them: then it is the checker alone that must find the mutants, by what clients saw.
 */
import { parseArgs } from 'node:util'
import { verdictChecks } from '../checker/verdicts/index.ts'
import { mutantSuites } from './index.ts'
import { verdictsAgainst } from './verdicts-against.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    first: { type: 'string', default: '1' },
    only: { type: 'string' },
    blind: { type: 'boolean', default: false },
  },
})

const NAME_WIDTH = 38
const RATE_WIDTH = 8
const SECONDS_WIDTH = 10

process.exitCode = await main()

/** A mutant that always escapes is a failure. */
async function main(): Promise<number> {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.first) + index)
  const only = values.only?.split(',')
  /** By verdict: the mutants that it found, and in how many seeds. */
  const mutantsBy = new Map<string, string[]>()
  let missed = 0
  print('mutant', 'caught', 's a seed', 'by how many seeds which verdicts')
  for (const { mutants, options } of mutantSuites) {
    for (const mutant of mutants) {
      if (only !== undefined && !only.includes(mutant.name)) continue
      const startedMs = performance.now()
      const named: Set<string>[] = []
      for (const seed of seeds) {
        const verdicts = await verdictsAgainst(mutant, { ...options, isBlind: values.blind }, seed)
        if (verdicts.length > 0) named.push(new Set(verdicts.map(nameOf)))
      }
      if (named.length === 0) missed++
      const seconds = (performance.now() - startedMs) / 1000 / seeds.length
      const counts = counted(named)
      for (const [verdict, count] of counts)
        mutantsBy.set(verdict, [...(mutantsBy.get(verdict) ?? []), `${mutant.name} ${count}`])
      print(mutant.name, `${named.length}/${seeds.length}`, seconds.toFixed(2), listOf(counts))
    }
  }
  printByVerdict(mutantsBy)
  return missed === 0 ? 0 : 1
}

/** Which mutants each verdict has found: one that never found any is only as good as its unit tests. */
function printByVerdict(mutantsBy: ReadonlyMap<string, readonly string[]>): void {
  console.log(`\n${'verdict'.padEnd(NAME_WIDTH)}in how many seeds it found which mutants`)
  for (const [verdict, mutants] of [...mutantsBy].toSorted())
    console.log(verdict.padEnd(NAME_WIDTH) + mutants.join(', '))
  const silent = verdictChecks.filter(({ name, allowed }) => !allowed && !mutantsBy.has(name))
  console.log(
    `\nverdicts of the checker that found none: ${silent.map(({ name }) => name).join(', ') || '-'}`,
  )
}

/** `lost-write (3): orders-0: …` is a lost-write. */
function nameOf(verdict: string): string {
  return /^[\w-]+/.exec(verdict)?.[0] ?? verdict
}

/** In how many runs each was found, the most frequent first. */
function counted(runs: readonly ReadonlySet<string>[]): [name: string, count: number][] {
  const groups = [
    ...Map.groupBy(
      runs.flatMap((names) => [...names]),
      (name) => name,
    ),
  ]
  return groups
    .map(([name, { length }]): [string, number] => [name, length])
    .toSorted(([, left], [, right]) => right - left)
}

function listOf(counts: readonly [name: string, count: number][]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(', ')
}

function print(name: string, rate: string, seconds: string, verdicts: string): void {
  console.log(name.padEnd(NAME_WIDTH) + rate.padEnd(RATE_WIDTH) + seconds.padEnd(SECONDS_WIDTH) + verdicts)
}
