/** FRESHET_FUZZ_SEED repeats a run; `npm run fuzz` makes more cases. */
import { expect, test } from 'vitest'
import { type ClusterUnderTest, useCluster } from '../conformance/cluster-under-test.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { suite } from '../support/requirements.ts'
import { describeResult } from './report.ts'
import { type FuzzOptions, fuzz } from './run.ts'

const seed = seedFromEnvironment('FRESHET_FUZZ_SEED')
const CASES = 100_000
const UNSETTLING_CASES = 5_000

suite('fuzz', ['freshet'], () => {
  const cluster = useCluster({ brokers: 1 })
  const another = useCluster({ brokers: 1 })

  test(`${CASES} bad and good inputs, every API in every version, seed ${seed}`, async () => {
    await expectFine(cluster(), { part: 'clients', seed, cases: CASES })
  }, 240_000)

  test(`${UNSETTLING_CASES} inputs to the APIs between brokers`, async () => {
    await expectFine(another(), { part: 'brokers', seed, cases: UNSETTLING_CASES })
  }, 120_000)
})

async function expectFine(cluster: ClusterUnderTest, options: FuzzOptions): Promise<void> {
  const result = await fuzz(cluster, options)
  console.log(describeResult(result))
  expect([...result.findings, ...result.complaints], `repeat with FRESHET_FUZZ_SEED=${seed}`).toEqual([])
}
