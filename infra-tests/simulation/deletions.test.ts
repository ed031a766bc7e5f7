/** DeleteRecords under faults: what was deleted stays so, and nothing else goes. */
import { expect, test } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['deletions'] as const }
const SEEDS = [1, 2, 3, 4, 5]

test('a log begins where it was asked to, and never before that again', async () => {
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})
