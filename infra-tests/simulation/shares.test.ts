/** Share groups under faults: what was accepted never comes again, locks hold, and every record comes to its end. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['shares'] as const }

test('a share group does its work once, and all of it', async () => {
  await expectFine(OPTIONS, 1, 6)
})
