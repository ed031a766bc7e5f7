import { faultsNamed } from '../faults/index.ts'
import { simulate } from '../simulation.ts'
import type { RunOptions } from './index.ts'
import type { Mutant } from './mutant.ts'

/** What the checker says of a run in which the brokers make this mistake; nothing if it escapes. */
export async function verdictsAgainst(
  mutant: Mutant,
  options: RunOptions,
  seed: number,
): Promise<readonly string[]> {
  const { faults, properties, wrapStore } = mutant
  const mend = mutant.apply()
  try {
    const named = faultsNamed(faults)
    const run = { ...options, seed, faults: named, properties, wrapStore, isHarsh: true }
    return (await simulate(run)).verdicts
  } finally {
    mend()
  }
}
