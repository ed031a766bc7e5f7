/** Share groups under faults: what was accepted never comes again, locks hold, and every record comes to its end. */
import { expect, test } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['shares'] as const }
const SEEDS = [1, 2, 3, 4, 5, 6]

test('a share group does its work once, and all of it', async () => {
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})
