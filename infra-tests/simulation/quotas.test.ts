/** Quotas under faults: nobody gets more than its own, nobody starves, and nobody else is held up. */
import { expect, test } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, extras: ['quotas'] as const }
const SEEDS = [1, 2, 3]

test('clients get what their quotas allow, no more and in the end no less', async () => {
  for (const seed of SEEDS) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})
