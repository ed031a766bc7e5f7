/**
 * How surely each mutant is caught: npm run simulate:mutants [-- --seeds 8 --first 1 --only fencing-skipped]
 */
import { parseArgs } from 'node:util'
import { mutantSuites } from './index.ts'
import { verdictsAgainst } from './verdicts-against.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    first: { type: 'string', default: '1' },
    only: { type: 'string' },
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
  let missed = 0
  print('mutant', 'caught', 's a seed', 'by how many seeds which verdicts came first')
  for (const { mutants, options } of mutantSuites) {
    for (const mutant of mutants) {
      if (only !== undefined && !only.includes(mutant.name)) continue
      const startedMs = performance.now()
      const firsts: string[] = []
      for (const seed of seeds) {
        const [first] = await verdictsAgainst(mutant, options, seed)
        if (first !== undefined) firsts.push(nameOf(first))
      }
      if (firsts.length === 0) missed++
      const seconds = (performance.now() - startedMs) / 1000 / seeds.length
      print(mutant.name, `${firsts.length}/${seeds.length}`, seconds.toFixed(2), counted(firsts))
    }
  }
  return missed === 0 ? 0 : 1
}

/** `lost-write (3): orders-0: …` is a lost-write. */
function nameOf(verdict: string): string {
  return /^[\w-]+/.exec(verdict)?.[0] ?? verdict
}

function counted(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => ({ name, length }))
  return groups
    .toSorted((left, right) => right.length - left.length)
    .map(({ name, length }) => `${name} ${length}`)
    .join(', ')
}

function print(name: string, rate: string, seconds: string, verdicts: string): void {
  console.log(name.padEnd(NAME_WIDTH) + rate.padEnd(RATE_WIDTH) + seconds.padEnd(SECONDS_WIDTH) + verdicts)
}
