/** Groups of the consumer protocol under faults: nobody reads what another one has, and nothing committed is lost. */
import { expect, test } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['consumers'] as const }
const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1)

test('a group reads and commits everything, each partition by one member at a time', async () => {
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})
