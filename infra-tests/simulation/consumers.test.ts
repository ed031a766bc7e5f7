/** Groups of the consumer protocol under faults: nobody reads what another one has, and nothing committed is lost. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['consumers'] as const }

test('a group reads and commits everything, each partition by one member at a time', async () => {
  await expectFine(OPTIONS, 1, 6)
})
