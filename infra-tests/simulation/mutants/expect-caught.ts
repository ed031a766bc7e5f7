import { expect } from 'vitest'
import type { RunOptions } from './index.ts'
import type { Mutant } from './mutant.ts'
import { verdictsAgainst } from './verdicts-against.ts'

const SEEDS = 8
/** A mutant that one seed in ten finds is one that a broker may have for weeks. */
const CAUGHT_MIN = 3

/** In three of eight seeds at least, under the faults that the mutant names, the checker objects. */
export async function expectCaught(mutant: Mutant, options: RunOptions): Promise<void> {
  const escaped: number[] = []
  let caught = 0
  for (let seed = 1; caught < CAUGHT_MIN && escaped.length <= SEEDS - CAUGHT_MIN; seed++) {
    if ((await verdictsAgainst(mutant, options, seed)).length > 0) caught++
    else escaped.push(seed)
  }
  expect(caught, `it escaped in seeds ${escaped}`).toBe(CAUGHT_MIN)
}
