import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../support/random.ts'
import { check, isViolation } from './check.ts'
import { summarize } from './summary.ts'
import { faults, inject } from './testing/faults.ts'
import { referenceHistory } from './testing/reference-history.ts'

const runs = { seed: 4, numRuns: 150 }
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })

test('histories of a correct cluster are clean', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 1_500 }), (seed, turns) => {
      const history = referenceHistory(seed, turns)
      const verdicts = check(history)
      expect(summarize(history, verdicts.filter(isViolation))).toContain('No violation.')
    }),
    runs,
  )
})

test.each(faults)('of a correct history with one fault is told: $name', (fault) => {
  let injected = 0
  fc.assert(
    fc.property(seeds, (seed) => {
      const history = inject(fault, referenceHistory(seed, 600), new Random(seed))
      fc.pre(history !== undefined)
      injected++
      const names = check(history).map(({ name }) => name)
      expect(names.some((name) => fault.verdicts.includes(name)) ? 'caught' : names).toBe('caught')
    }),
    { ...runs, numRuns: 40, maxSkipsPerRun: 20 },
  )
  expect(injected).toBeGreaterThanOrEqual(40)
})
