/** Compacted topics under faults: the last record of each key stays, and so do tombstones for their time. */
import { test } from 'vitest'
import { expectFine } from './expect-fine.ts'
import { faultsNamed } from './faults/index.ts'
import { COMPACTED } from './topic-kind.ts'

const OPTIONS = { brokers: 3, replicationFactor: 3, topicKind: COMPACTED }

test.each([11, 21])('the last record of each key is kept, seeds from %i on', (first) =>
  expectFine(OPTIONS, first, 10),
)

test('of committed transactions the last record of each key is kept, and deleted keys stay deleted', () =>
  expectFine({ ...OPTIONS, extras: ['transactions'] }, 31, 3))

test.each([1161, 1163, 1177, 1183, 1191, 1195])(
  'what a lying disk lost of a cleaned segment comes back from the leader, seed %i',
  (seed) =>
    expectFine(
      { ...OPTIONS, faults: faultsNamed(['lying-sync', 'crash', 'store-cut', 'zone-cut']) },
      seed,
      1,
    ),
)
