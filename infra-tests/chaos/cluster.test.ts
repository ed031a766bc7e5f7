/**
 * Three real brokers, replication factor 3, under faults and load; the simulator's checker judges what all clients saw.
 * FRESHET_CHAOS_SEED repeats the choice of faults.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { check, isViolation } from '../simulation/checker/index.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { suite } from '../support/requirements.ts'
import { kafkaJsGuest, kcatGuest, verifiableGuest } from './clients/guests.ts'
import {
  deaths,
  disks,
  type Fault,
  killLeaderAlone,
  partitions,
  pauses,
  rollingRestart,
  storeCut,
} from './faults/index.ts'
import { type ChaosResult, ChaosRun, type ChaosRunOptions } from './run.ts'

const seed = seedFromEnvironment('FRESHET_CHAOS_SEED')
const mutantBroker = join(import.meta.dirname, 'mutant-broker.ts')

suite('three brokers', ['freshet'], () => {
  test(`killed again and again, seed ${seed}`, async () => {
    expectNothingWrong(await runUnder(deaths, 8))
  })

  test(`that stand still, seed ${seed}`, async () => {
    expectNothingWrong(await runUnder(pauses, 3))
  })

  test(`one of which does not reach the coordination store, seed ${seed}`, async () => {
    expectNothingWrong(await runUnder([storeCut], 2, { storeSwitch: true }))
  })

  test('restarted one after the other: nothing is refused, nothing is lost', async () => {
    const result = await play({}, (run) => run.strike(rollingRestart))
    expectNothingWrong(result)
    // A producer that goes on trying is told of no failure: what was not acknowledged at first was later.
    const failed = result.history.filter((event) => event.type === 'fail')
    expect(failed).toEqual([])
  })
})

suite('three brokers with clients of others', ['freshet', 'kcat', 'java'], () => {
  test(`kcat, kafkajs and Java's verifiable clients while brokers are killed, seed ${seed}`, async () => {
    const guests = [kcatGuest(), kafkaJsGuest(), verifiableGuest()]
    const result = await play({ guests }, (run) => run.strikeSome(deaths, 5))
    expectNothingWrong(result)
    for (const client of ['kcat-0', 'kafkajs', 'java-producer', 'java-consumer'])
      expect(acknowledgedOf(result, client), client).toBeGreaterThan(0)
  })
})

suite('three brokers in network namespaces', ['freshet', 'namespaces'], () => {
  test(`cut off from each other, seed ${seed}`, async () => {
    expectNothingWrong(await runUnder(partitions, 4, { namespaces: true }))
  })
})

suite('three brokers on small disks', ['freshet', 'mounts'], () => {
  test(`full disks and a locked coordination store, seed ${seed}`, async () => {
    expectNothingWrong(await runUnder(disks, 4, { diskMegabytes: 64 }))
  })
})

suite('the checker on real processes', ['freshet'], () => {
  test('a broker that acknowledges before its followers have the record is found out', async () => {
    const options = {
      isToFail: true,
      brokerProgram: mutantBroker,
      env: { FRESHET_CHAOS_MUTANT: 'ack-before-high-watermark' },
    }
    const { violations } = await play(options, (run) => run.strike(killLeaderAlone))
    expect(violations.map(({ name }) => name)).toContain('lost-write')
  })

  test('a history from which an acknowledged record has vanished is found out', async () => {
    const { history } = await play({}, (run) => run.strikeSome(deaths, 1))
    const victim = history.find((event) => event.type === 'ok' && event.offset !== undefined)
    if (victim?.type !== 'ok') throw new Error('nothing was acknowledged')
    const send = history.find((event) => event.type === 'invoke' && event.op === victim.op)
    if (send?.type !== 'invoke' || send.call.name !== 'send') throw new Error('only sends have offsets')
    const { partition, value } = send.call
    const edited = history.map((event) => {
      if (event.type !== 'ok' || event.records?.[partition] === undefined) return event
      const rest = event.records[partition].filter(([, read]) => read !== value)
      return { ...event, records: { ...event.records, [partition]: rest } }
    })
    expect(check(history).filter(isViolation)).toEqual([])
    expect(
      check(edited)
        .filter(isViolation)
        .map(({ name }) => name),
    ).toContain('lost-write')
  })
})

function runUnder(
  faults: readonly Fault[],
  count: number,
  options: Partial<ChaosRunOptions> = {},
): Promise<ChaosResult> {
  return play(options, (run) => run.strikeSome(faults, count))
}

function play(
  options: Partial<ChaosRunOptions>,
  disturb: (run: ChaosRun) => Promise<void>,
): Promise<ChaosResult> {
  return ChaosRun.play({ seed, print: (line) => console.log(line), ...options }, disturb)
}

function expectNothingWrong(result: ChaosResult): void {
  console.log(result.summary)
  expect(result.failures).toEqual([])
  expect(result.violations.map(({ name, cases }) => [name, cases[0]?.explanation])).toEqual([])
}

function acknowledgedOf({ history }: ChaosResult, client: string): number {
  const ops = new Set(
    history.flatMap((event) => (event.type === 'invoke' && event.client === client ? [event.op] : [])),
  )
  return history.filter((event) => event.type === 'ok' && ops.has(event.op)).length
}
