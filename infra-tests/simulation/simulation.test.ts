import { expect, test } from 'vitest'
import { expectFine } from './expect-fine.ts'
import { allFaults, faultsNamed } from './faults/index.ts'
import { plainMutants } from './mutants/index.ts'
import { delayAppends } from './mutants/late-appends.ts'
import { regressions } from './regressions.ts'
import { replayCommand } from './replay-command.ts'
import { simulate } from './simulation.ts'
import { extrasNamed } from './workloads/index.ts'

const REPLICATED = { brokers: 3, replicationFactor: 3 }
const SINGLE = { brokers: 3, replicationFactor: 1 }
/** Seeds are spread over several tests, so that one of them does not take too long. */
const SEEDS_PER_TEST = 25
const FAULT_SEEDS_MAX = 5
const LONG_LIMIT_MS = 120_000

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

test.each(seedsFrom(0, 8).map((index) => 1 + index * SEEDS_PER_TEST))(
  'nothing acknowledged is lost and every client progresses, replicated three times, from seed %i on',
  (first) => expectFine(REPLICATED, first, SEEDS_PER_TEST),
)

test('the same holds without replicas, as long as no disk is harmed', () =>
  expectFine(SINGLE, 1, SEEDS_PER_TEST))

test('one to five brokers behave alike', async () => {
  for (const brokers of [1, 2, 4, 5])
    await expectFine({ brokers, replicationFactor: Math.min(3, brokers) }, 1, 3)
})

test.each(allFaults.filter(({ isRare }) => isRare !== true))(
  'the fault $name strikes, and nothing is lost',
  async (fault) => {
    let strikes = 0
    for (const seed of seedsFrom(1, FAULT_SEEDS_MAX)) {
      const options = { seed, ...REPLICATED, faults: [fault] }
      const { verdicts, faults } = await simulate(options)
      expect(verdicts, replayCommand(options)).toEqual([])
      strikes += faults.get(fault.name) ?? 0
      if (strikes > 0) break
    }
    expect(strikes).toBeGreaterThan(0)
  },
)

test('the coordination store is out of reach for hours, and brokers die meanwhile', {
  timeout: LONG_LIMIT_MS,
}, async () => {
  const options = {
    seed: 1,
    ...REPLICATED,
    faults: faultsNamed(['long-store-outage', 'crash', 'isolate-leader']),
  }
  const { verdicts, virtualMs, faults } = await simulate(options)
  expect(verdicts, replayCommand(options)).toEqual([])
  expect(virtualMs).toBeGreaterThan(3_600_000)
  expect([...faults.keys()]).toContain('long-store-outage')
})

test.each(regressions)(
  'seed $seed stays mended: $reason',
  async ({ seed, brokers, replicationFactor, faults, extras = [] }) => {
    const named = { faults: faults && faultsNamed(faults), extras: extrasNamed(extras) }
    await expectFine({ brokers, replicationFactor, ...named }, seed, 1)
  },
)

test('appends to the store that come late harm nobody', async () => {
  const faults = faultsNamed(['crash', 'controller-storm'])
  const late = { ...REPLICATED, faults, isHarsh: true, wrapStore: delayAppends }
  for (const seed of [1, 2]) {
    const { verdicts } = await simulate({ ...late, seed })
    expect(verdicts).toEqual([])
  }
})

test('what mutants are put through harms nobody else', async () => {
  const all = new Set(plainMutants.flatMap(({ faults }) => faults))
  await expectFine({ ...REPLICATED, faults: faultsNamed([...all]), isHarsh: true }, 1, 3)
})

test('a seed gives the same run each time', async () => {
  for (const seed of [3, 11, 42]) {
    const [first, second] = [await simulate({ seed, ...REPLICATED }), await simulate({ seed, ...REPLICATED })]
    expect(second).toEqual(first)
    expect(first.acknowledged).toBeGreaterThan(0)
  }
})

test('different seeds give different runs', async () => {
  const runs = await Promise.all([1, 2, 3].map((seed) => simulate({ seed, ...REPLICATED })))
  expect(new Set(runs.map(({ traceHash }) => traceHash)).size).toBe(3)
})
