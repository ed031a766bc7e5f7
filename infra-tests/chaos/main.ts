/**
 * `npm run chaos`: faults of real processes for as long as wanted, one cluster after the other.
 *   --minutes N        how long; 10 if left out
 *   --seed N           of the first cluster; the next ones count up. The clock's if left out
 *   --faults A,B       only these
 * Ends with 1 at the first violation. Faults that this machine cannot have are named and left out.
 */
import { parseArgs } from 'node:util'
import { reasonAgainst } from '../support/requirements.ts'
import { allFaults, type Fault } from './faults/index.ts'
import { type ChaosResult, ChaosRun } from './run.ts'

const FAULTS_PER_CLUSTER = 12
const DISK_MEGABYTES = 256

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    faults: { type: 'string' },
  },
})

process.exitCode = await main()

async function main(): Promise<number> {
  const faults = possibleFaults(wantedFaults())
  const firstSeed = options.seed === undefined ? Date.now() % 2 ** 32 : Number(options.seed)
  const endsAtMs = performance.now() + Number(options.minutes) * 60_000
  let acknowledged = 0
  for (let seed = firstSeed; seed === firstSeed || performance.now() < endsAtMs; seed++) {
    console.log(`seed ${seed}`)
    const result = await playOne(seed, faults)
    console.log(result.summary)
    acknowledged += result.history.filter((event) => event.type === 'ok' && event.offset !== undefined).length
    if (result.violations.length === 0 && result.failures.length === 0) continue
    for (const failure of result.failures) console.log(`failed: ${failure}`)
    console.log(`repeat with: npm run chaos -- --minutes 1 --seed ${seed} --faults ${namesOf(faults)}`)
    return 1
  }
  console.log(`${acknowledged} records acknowledged, none lost`)
  return 0
}

function playOne(seed: number, faults: readonly Fault[]): Promise<ChaosResult> {
  const needs = new Set(faults.map(({ needs }) => needs))
  const cluster = {
    namespaces: needs.has('namespaces'),
    ...(needs.has('mounts') && { diskMegabytes: DISK_MEGABYTES }),
    storeSwitch: faults.some(({ needsStoreSwitch }) => needsStoreSwitch),
  }
  return ChaosRun.play({ seed, print: (line) => console.log(line), ...cluster }, (run) =>
    run.strikeSome(faults, FAULTS_PER_CLUSTER),
  )
}

function wantedFaults(): readonly Fault[] {
  if (options.faults === undefined) return allFaults
  return options.faults.split(',').map((name) => {
    const fault = allFaults.find((each) => each.name === name)
    if (fault === undefined) throw new Error(`there is no fault ${name}; there are ${namesOf(allFaults)}`)
    return fault
  })
}

function possibleFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter(({ name, needs }) => {
    const reason = needs === undefined ? undefined : reasonAgainst(needs)
    if (reason !== undefined) console.log(`without ${name}: ${reason}`)
    return reason === undefined
  })
}

function namesOf(faults: readonly Fault[]): string {
  return faults.map(({ name }) => name).join(',')
}
