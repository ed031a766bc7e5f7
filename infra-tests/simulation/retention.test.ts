/** Retention under faults: nothing goes too early, all that is too old goes, and readers go on where the log begins. */
import { expect, test } from 'vitest'
import { expectFine } from './expect-fine.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['retention'] as const }

test('logs are shortened as retention asks for, and sleepers find their position gone', async () => {
  let resets = 0
  const write = (line: string) => {
    if (line.includes('-sleeper') && line.includes('is out of range')) resets++
  }
  await expectFine({ ...OPTIONS, write }, 1, 4)
  expect(resets).toBeGreaterThan(0)
})
