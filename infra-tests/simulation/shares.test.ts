/** Share groups under faults: what was accepted never comes again, locks hold, and every record comes to its end. */
import { expect, test } from 'vitest'
import { faultsNamed } from './faults/index.ts'
import { shareMutants } from './mutants/shares.ts'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['shares'] as const }
const SEEDS = [1, 2, 3, 4, 5, 6]
const MUTANT_SEEDS_MAX = 20

test('a share group does its work once, and all of it', async () => {
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})

test.each(shareMutants)('a broker is caught of which $mistake', async ({ faults, apply }) => {
  const mend = apply()
  try {
    let caught: readonly string[] = []
    for (let seed = 1; seed <= MUTANT_SEEDS_MAX && caught.length === 0; seed++) {
      caught = (await simulate({ seed, ...OPTIONS, faults: faultsNamed(faults) })).verdicts
    }
    expect(caught).not.toEqual([])
  } finally {
    mend()
  }
})
