/** FRESHET_FUZZ_SEED repeats a run; `npm run fuzz` makes more cases. */
import { expect, test } from 'vitest'
import { useCluster } from '../conformance/cluster-under-test.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { suite } from '../support/requirements.ts'
import { describeResult } from './report.ts'
import { fuzzClients, fuzzUnsettling } from './run.ts'

const seed = seedFromEnvironment('FRESHET_FUZZ_SEED')
const CASES = 100_000
const UNSETTLING_CASES = 5_000

suite('fuzz', ['freshet'], () => {
  const cluster = useCluster({ brokers: 1 })
  const another = useCluster({ brokers: 1 })

  test(`${CASES} bad and good inputs, every API in every version, seed ${seed}`, async () => {
    const result = await fuzzClients(cluster(), { seed, cases: CASES })
    console.log(describeResult(result))
    expect(result.complaints, `repeat with FRESHET_FUZZ_SEED=${seed}`).toEqual([])
  }, 240_000)

  test(`${UNSETTLING_CASES} inputs to the APIs between brokers`, async () => {
    const result = await fuzzUnsettling(another(), { seed, cases: UNSETTLING_CASES })
    console.log(describeResult(result))
    expect(result.complaints, `repeat with FRESHET_FUZZ_SEED=${seed}`).toEqual([])
  }, 120_000)
})
