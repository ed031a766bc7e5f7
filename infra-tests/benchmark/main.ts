/**
 * `npm run bench`: Freshet's broker and Apache Kafka on the same work in turn, as ratios.
 *   --quick              short runs
 *   --part brokers|clusters   half of it: single brokers, or clusters; the page keeps its other half
 *   --only NAME          one case; may be repeated; no page is written then
 *   --target HOST:PORT --pid PID   one running broker of any kind: prints its numbers, writes nothing
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type ClusterUnderTest, type Flavor, startCluster } from '../conformance/cluster-under-test.ts'
import { kafkaLibraries } from '../support/java.ts'
import { parseAddress } from '../support/raw-client.ts'
import { type Case, type Metrics, rawCases, sum, type Target } from './cases.ts'
import { clientCases } from './client-cases.ts'
import { clusterCases, measureOnClusters } from './cluster/index.ts'
import { type Part, parts, writePage } from './page.ts'
import { residentMegabytesOf } from './process-usage.ts'
import { type Measured, printTable } from './report.ts'

const repetitions = 3
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    part: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    target: { type: 'string' },
    pid: { type: 'string' },
  },
})
const { cases: realClients, skipped } = clientCases()
const allCases = [...rawCases, ...realClients]
const allClusterCases = clusterCases(!skipped.some((reason) => reason.startsWith('librdkafka')))
const footprint = 'footprint'

await main()

async function main(): Promise<void> {
  const names = [footprint, ...[...allCases, ...allClusterCases].map((item) => item.name)]
  const unknown = options.only.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    console.error(`No such case: ${unknown.join(', ')}. Cases: ${names.join(', ')}`)
    process.exitCode = 2
    return
  }
  if (options.part !== undefined && !parts.some((part) => part === options.part)) {
    console.error(`No such part: ${options.part}. Parts: ${parts.join(', ')}`)
    process.exitCode = 2
    return
  }
  if (options.target !== undefined) await measureTarget(options.target)
  else await compare()
}

async function measureTarget(target: string): Promise<void> {
  if (options.pid === undefined) throw new Error('--target needs --pid, the process of the broker')
  for (const item of wantedCases()) {
    console.log(
      item.name,
      await item.run({ address: parseAddress(target), pids: [Number(options.pid)] }, options.quick),
    )
  }
}

async function compare(): Promise<void> {
  const flavors: Flavor[] = ['freshet']
  const missing = reasonAgainstApache()
  if (missing === undefined) flavors.push('apache')
  else console.log(`Without Apache Kafka there are no ratios: ${missing}`)
  for (const reason of skipped) console.log(`Not run: ${reason}`)

  const measured = new Map<Part, readonly Measured[]>()
  if (options.part !== 'clusters') measured.set('brokers', await compareBrokers(flavors))
  if (options.part !== 'brokers') {
    const wanted = allClusterCases.filter((item) => isWanted(item.name))
    measured.set('clusters', await measureOnClusters(wanted, flavors, options.quick))
  }
  printTable([...measured.values()].flat())
  if (missing === undefined && options.only.length === 0) writePage({ measured, repetitions, skipped })
}

/** One broker of each kind, which take turns. */
async function compareBrokers(flavors: readonly Flavor[]): Promise<Measured[]> {
  const wholeFootprint = await measureStarts(flavors)
  const results: Measured[] = []
  if (wantedCases().length > 0) {
    const sides = await startSides(flavors)
    try {
      for (const side of sides) await warmUp(side.target)
      for (const item of wantedCases()) results.push(await measureInTurn(item, sides))
      for (const { flavor, target } of sides) {
        wholeFootprint[flavor].push({ loadedMegabytes: sum(target.pids.map(residentMegabytesOf)) })
      }
    } finally {
      await Promise.all(sides.map((side) => side.cluster.stop()))
    }
  }
  if (isWanted(footprint)) {
    const names = ['readyAfterMs', 'idleMegabytes', ...(results.length > 0 ? ['loadedMegabytes'] : [])]
    results.unshift({ title: 'one broker', results: names, ...wholeFootprint })
  }
  return results
}

interface Side {
  readonly flavor: Flavor
  readonly cluster: ClusterUnderTest
  readonly target: Target
}

async function measureStarts(flavors: readonly Flavor[]): Promise<{ freshet: Metrics[]; apache: Metrics[] }> {
  const runs: { freshet: Metrics[]; apache: Metrics[] } = { freshet: [], apache: [] }
  if (!isWanted(footprint)) return runs
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const flavor of flavors) {
      const cluster = await startCluster({ brokers: 1 }, flavor)
      const [broker] = cluster.brokers
      await sleep(options.quick ? 2_000 : 10_000)
      const idleMegabytes = residentMegabytesOf(broker!.pid)
      await cluster.stop()
      runs[flavor].push({ readyAfterMs: broker!.readyAfterMs, idleMegabytes })
    }
  }
  return runs
}

function startSides(flavors: readonly Flavor[]): Promise<Side[]> {
  return Promise.all(
    flavors.map(async (flavor) => {
      const cluster = await startCluster({ brokers: 1 }, flavor)
      const pids = cluster.brokers.map(({ pid }) => pid)
      return { flavor, cluster, target: { address: parseAddress(cluster.bootstrap), pids } }
    }),
  )
}

/** Both get the time to compile their hot paths; a JVM needs it more. */
async function warmUp(target: Target): Promise<void> {
  for (const item of rawCases) await item.run(target, true)
}

async function measureInTurn(item: Case, sides: readonly Side[]): Promise<Measured> {
  const runs: { freshet: Metrics[]; apache: Metrics[] } = { freshet: [], apache: [] }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { flavor, target } of sides) {
      const metrics = await item.run(target, options.quick)
      runs[flavor].push(metrics)
      console.log(`${item.name} ${flavor} ${JSON.stringify(metrics, (_, value) => rounded(value))}`)
    }
  }
  return { title: item.title, results: item.results, ...runs }
}

function wantedCases(): Case[] {
  return allCases.filter((item) => isWanted(item.name))
}

function isWanted(name: string): boolean {
  return options.only.length === 0 || options.only.includes(name)
}

function reasonAgainstApache(): string | undefined {
  try {
    kafkaLibraries()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
