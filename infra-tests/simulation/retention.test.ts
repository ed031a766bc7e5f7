/** Retention under faults: nothing goes too early, all that is too old goes, and readers go on where the log begins. */
import { expect, test } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['retention'] as const }
const SEEDS = [1, 2, 3, 4]

test('logs are shortened as retention asks for, and sleepers find their position gone', async () => {
  let resets = 0
  const write = (line: string) => {
    if (line.includes('-sleeper') && line.includes('is out of range')) resets++
  }
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS, write })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
  expect(resets).toBeGreaterThan(0)
})
