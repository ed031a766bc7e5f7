/** Transactions under faults: all or nothing, ended in time, and nothing of a producer that was replaced. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'
import { faultsNamed } from './faults/index.ts'
import { refuseMarkersAtFirst, repeatMarkersLate } from './mutants/transactions.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['transactions'] as const }

test.each([1, 6, 11])('transactions are all or nothing, and end, from seed %i on', (first) =>
  expectFine(OPTIONS, first, 5),
)

test.each([
  { what: 'once more, too late,', apply: repeatMarkersLate, faults: [] },
  { what: 'only after some attempts', apply: refuseMarkersAtFirst, faults: ['crash', 'isolate-coordinator'] },
])('markers that come $what harm nobody', async ({ apply, faults }) => {
  const mend = apply()
  try {
    await expectFine({ ...OPTIONS, faults: faultsNamed(faults) }, 1, 2)
  } finally {
    mend()
  }
})
