import { expect } from 'vitest'
import { faultsNamed } from '../faults/index.ts'
import { type SimulationOptions, simulate } from '../simulation.ts'
import type { Mutant } from './mutant.ts'

const SEEDS_MAX = 20

/** In one of some seeds, under the faults that the mutant names, the checker objects. */
export async function expectCaught(mutant: Mutant, options: Omit<SimulationOptions, 'seed'>): Promise<void> {
  const mend = mutant.apply()
  try {
    let caught: readonly string[] = []
    for (let seed = 1; seed <= SEEDS_MAX && caught.length === 0; seed++) {
      caught = (await simulate({ ...options, seed, faults: faultsNamed(mutant.faults) })).verdicts
    }
    expect(caught).not.toEqual([])
  } finally {
    mend()
  }
}
