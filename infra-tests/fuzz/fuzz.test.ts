/**
 * Bad input against a running broker. FRESHET_FUZZ_SEED repeats a run, FRESHET_FUZZ_INPUTS changes its length.
 * Every input ends in an answer or a closed connection; the broker lives, stays small and serves others meanwhile.
 */
import { expect, test } from 'vitest'
import { residentMegabytesOf } from '../benchmark/process-usage.ts'
import { useCluster } from '../conformance/cluster-under-test.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { parseAddress, RawClient } from '../support/raw-client.ts'
import { suite } from '../support/requirements.ts'
import { attack } from './attack.ts'
import { attackedTopics } from './values.ts'
import { startWitness } from './witness.ts'

const seed = seedFromEnvironment('FRESHET_FUZZ_SEED')
const inputs = Number(process.env.FRESHET_FUZZ_INPUTS ?? 100_000)
const maxResidentMegabytes = 350

suite('fuzz', ['freshet'], () => {
  const cluster = useCluster({ brokers: 1 })

  test(`${inputs} bad and good inputs, seed ${seed}`, async () => {
    console.log(`fuzz seed ${seed}: repeat with FRESHET_FUZZ_SEED=${seed}`)
    const [broker] = cluster().brokers
    const target = parseAddress(cluster().bootstrap)
    const preparation = await RawClient.connect(target)
    for (const topic of attackedTopics) await preparation.createTopic({ topic, partitions: 2 })
    preparation.close()

    const witness = await startWitness(target)
    let peakMegabytes = 0
    const sampler = setInterval(() => {
      peakMegabytes = Math.max(peakMegabytes, residentMegabytesOf(broker!.pid))
    }, 200)
    const result = await attack({ target, seed, inputs, lanes: 16, stallMs: 5_000 })
    clearInterval(sampler)
    const testimony = await witness.stop()
    const { answered, closed } = result
    console.log({
      inputs: result.inputs,
      answered,
      closed,
      peakMegabytes: Math.round(peakMegabytes),
      ...testimony,
    })

    expect(result.findings).toEqual([])
    expect(result.inputs).toBeGreaterThanOrEqual(inputs)
    expect(result.answered).toBeGreaterThan(inputs / 10)
    expect(testimony.complaints).toEqual([])
    expect(testimony.exchanges).toBeGreaterThan(100)
    expect(testimony.slowestMs).toBeLessThan(1_000)
    expect(peakMegabytes).toBeLessThan(maxResidentMegabytes)
    const after = await RawClient.connect(target)
    expect((await after.metadata([])).brokers.size).toBe(1)
    after.close()
  }, 240_000)
})
