/** Transactions under faults: all or nothing, ended in time, and nothing of a producer that was replaced. */
import { expect, test } from 'vitest'
import { faultsNamed } from './faults/index.ts'
import { refuseMarkersAtFirst, repeatMarkersLate } from './mutants/transactions.ts'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['transactions'] as const }
const SEEDS = Array.from({ length: 15 }, (_, index) => index + 1)

test.each([0, 5, 10])('transactions are all or nothing, and end, from seed %i on', async (first) => {
  for (const seed of SEEDS.slice(first, first + 5)) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})

test.each([
  { what: 'once more, too late,', apply: repeatMarkersLate, faults: [] },
  { what: 'only after some attempts', apply: refuseMarkersAtFirst, faults: ['crash', 'isolate-coordinator'] },
])('markers that come $what harm nobody', async ({ apply, faults }) => {
  const mend = apply()
  try {
    for (const seed of [1, 2]) {
      const options = { seed, ...OPTIONS, faults: faultsNamed(faults) }
      expect((await simulate(options)).verdicts).toEqual([])
    }
  } finally {
    mend()
  }
})
