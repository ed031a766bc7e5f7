/** Compacted topics under faults: the last record of each key stays, and so do tombstones for their time. */
import { expect, test } from 'vitest'
import { faultsNamed } from './faults/index.ts'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'
import { COMPACTED } from './topic-kind.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, topicKind: COMPACTED }
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 11)

test.each([0, 10])('the last record of each key is kept, seeds from the one at %i on', async (first) => {
  for (const seed of SEEDS.slice(first, first + 10)) {
    const { verdicts } = await simulate({ seed, ...OPTIONS })
    expect(verdicts, replayCommand({ seed, ...OPTIONS })).toEqual([])
  }
})

test.each([1161, 1163, 1177, 1183, 1191, 1195])(
  'what a lying disk lost of a cleaned segment comes back from the leader, seed %i',
  async (seed) => {
    const options = { ...OPTIONS, faults: faultsNamed(['lying-sync', 'crash', 'store-cut', 'zone-cut']) }
    const { verdicts } = await simulate({ seed, ...options })
    expect(verdicts, replayCommand({ seed, ...options })).toEqual([])
  },
)
