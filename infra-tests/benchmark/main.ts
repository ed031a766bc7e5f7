/**
 * `npm run bench`: Freshet's broker and Apache Kafka on the same work in turn, as ratios.
 *   --quick              short runs
 *   --part brokers|clusters   half of it: single brokers, or clusters; the page keeps its other half
 *   --only NAME          one case; may be repeated; no page is written then
 *   --target HOST:PORT --pid PID [--metrics HOST:PORT]   one running broker of any kind: prints its numbers, writes nothing
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type ClusterUnderTest, type Flavor, startCluster } from '../conformance/cluster-under-test.ts'
import { kafkaLibraries } from '../support/java.ts'
import { freePorts } from '../support/ports.ts'
import { parseAddress } from '../support/raw-client.ts'
import { sum } from './broker/case.ts'
import { type Case, clientCases, type Metrics, rawCases, type Target, warmUpCases } from './broker/index.ts'
import { clusterCases, measureOnClusters } from './cluster/index.ts'
import { type Goals, noGoal } from './goals.ts'
import { keepMemory } from './memory.ts'
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
    metrics: { type: 'string' },
  },
})
const [raw, realClients] = [rawCases(), clientCases()]
const skipped = [...raw.skipped, ...realClients.skipped]
const allCases = [...raw.cases, ...realClients.cases]
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
  keepMemory()
  if (options.target !== undefined) await measureTarget(options.target)
  else await compare()
}

async function measureTarget(target: string): Promise<void> {
  if (options.pid === undefined) throw new Error('--target needs --pid, the process of the broker')
  const metrics = options.metrics === undefined ? undefined : parseAddress(options.metrics)
  const running = { address: parseAddress(target), pids: [Number(options.pid)], metrics }
  for (const item of wantedCases()) {
    if (item.needsDataFolder) console.log(item.name, 'is only for brokers that the benchmark starts')
    else console.log(item.name, await item.run(running, options.quick))
  }
}

async function compare(): Promise<void> {
  const flavors: Flavor[] = ['freshet']
  const missing = reasonAgainstApache()
  if (missing === undefined) flavors.push('apache')
  else console.log(`Without Apache Kafka there are no ratios: ${missing}`)
  for (const reason of skipped) console.log(`Not run: ${reason}`)

  const measured = new Map<Part, readonly Measured[]>()
  const notRun = [...skipped]
  if (options.part !== 'clusters') measured.set('brokers', await compareBrokers(flavors))
  if (options.part !== 'brokers') {
    const wanted = allClusterCases.filter((item) => isWanted(item.name))
    const clusters = await measureOnClusters(wanted, flavors, options.quick)
    measured.set('clusters', clusters.measured)
    notRun.push(...clusters.failures)
    if (clusters.failures.length > 0) process.exitCode = 1
  }
  printTable([...measured.values()].flat())
  if (missing === undefined && options.only.length === 0) writePage({ measured, repetitions, notRun })
}

/** One broker of each kind, which take turns; some cases have a broker of their own. */
async function compareBrokers(flavors: readonly Flavor[]): Promise<Measured[]> {
  const wholeFootprint = await measureStarts(flavors)
  const results: Measured[] = []
  const shared = wantedCases().filter(({ ownBroker }) => ownBroker === undefined)
  if (shared.length > 0) {
    await withSides(flavors, {}, async (sides) => {
      for (const side of sides) for (const item of warmUpCases) await item.run(side.target, true)
      for (const item of shared) results.push(await measureInTurn(item, sides))
      for (const { flavor, target } of sides) {
        wholeFootprint[flavor].push({ loadedMegabytes: sum(target.pids.map(residentMegabytesOf)) })
      }
    })
  }
  for (const item of wantedCases()) {
    if (item.ownBroker === undefined) continue
    await withSides(flavors, item.ownBroker, async (sides) => {
      results.push(await measureInTurn(item, sides))
    })
  }
  if (isWanted(footprint)) {
    const loaded: Goals = shared.length > 0 ? { loadedMegabytes: noGoal } : {}
    results.unshift({
      title: 'one broker',
      goals: { readyAfterMs: noGoal, idleMegabytes: noGoal, ...loaded },
      ...wholeFootprint,
    })
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

async function withSides(
  flavors: readonly Flavor[],
  properties: Readonly<Record<string, string>>,
  use: (sides: readonly Side[]) => Promise<void>,
): Promise<void> {
  const sides: Side[] = []
  try {
    for (const flavor of flavors) sides.push(await startSide(flavor, properties))
    await use(sides)
  } finally {
    await Promise.all(sides.map((side) => side.cluster.stop()))
  }
}

async function startSide(flavor: Flavor, properties: Readonly<Record<string, string>>): Promise<Side> {
  const [port = 0] = flavor === 'freshet' ? await freePorts(1) : []
  const served = port > 0 ? { 'freshet.metrics.listener': `127.0.0.1:${port}` } : {}
  const cluster = await startCluster({ brokers: 1, properties: { ...properties, ...served } }, flavor)
  const pids = cluster.brokers.map(({ pid }) => pid)
  const metrics = port > 0 ? { host: '127.0.0.1', port } : undefined
  const { dataFolder } = cluster.brokers[0]!
  return { flavor, cluster, target: { address: parseAddress(cluster.bootstrap), pids, metrics, dataFolder } }
}

async function measureInTurn(item: Case, sides: readonly Side[]): Promise<Measured> {
  const runs: { freshet: Metrics[]; apache: Metrics[] } = { freshet: [], apache: [] }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { flavor, target } of sides) {
      if (item.freshetOnly && flavor !== 'freshet') continue
      const metrics = await item.run(target, options.quick)
      runs[flavor].push(metrics)
      console.log(`${item.name} ${flavor} ${JSON.stringify(metrics, (_, value) => rounded(value))}`)
    }
  }
  return { title: item.title, goals: item.goals, ...runs }
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
