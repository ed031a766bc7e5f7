/** DeleteRecords under faults: what was deleted stays so, and nothing else goes. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['deletions'] as const }

test('a log begins where it was asked to, and never before that again', async () => {
  await expectFine(OPTIONS, 1, 5)
})
