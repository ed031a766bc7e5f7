/** Quotas under faults: nobody gets more than its own, nobody starves, and nobody else is held up. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['quotas'] as const }

test('clients get what their quotas allow, no more and in the end no less', async () => {
  await expectFine(OPTIONS, 1, 3)
})
