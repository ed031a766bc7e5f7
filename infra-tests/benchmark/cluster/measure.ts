/**
 * Runs cases on clusters of their own, first all of Freshet, then all of Apache Kafka: neither disturbs the other.
 * A case that fails has no figures of that side, and the others go on; each failure is one line of `failures`.
 */
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClusterUnderTest, type Flavor, startCluster } from '../../conformance/cluster-under-test.ts'
import type { Metrics } from '../broker/case.ts'
import type { Measured } from '../report.ts'
import { type ClusterCase, type ClusterSide, replicated } from './cluster-case.ts'

export async function measureOnClusters(
  cases: readonly ClusterCase[],
  flavors: readonly Flavor[],
  quick: boolean,
): Promise<{ measured: Measured[]; failures: string[] }> {
  const failures: string[] = []
  const runs = new Map<Flavor, ReadonlyMap<ClusterCase, Metrics[]>>()
  for (const flavor of flavors) {
    const done = new Map<ClusterCase, Metrics[]>()
    for (const brokers of [3, 1] as const) {
      await measureSome(
        cases.filter((each) => each.brokers === brokers),
        { flavor, brokers, quick },
        done,
        failures,
      )
    }
    runs.set(flavor, done)
  }
  const measured = cases.flatMap((each) => {
    const freshet = runs.get('freshet')?.get(each) ?? []
    const apache = runs.get('apache')?.get(each) ?? []
    return freshet.length === 0 ? [] : [{ title: each.title, goals: each.goals, freshet, apache }]
  })
  return { measured, failures }
}

async function measureSome(
  cases: readonly ClusterCase[],
  { flavor, brokers, quick }: { flavor: Flavor; brokers: 1 | 3; quick: boolean },
  done: Map<ClusterCase, Metrics[]>,
  failures: string[],
): Promise<void> {
  if (cases.length === 0) return
  const cluster = await startCluster({ brokers, properties: brokers === 3 ? replicated : {} }, flavor)
  try {
    for (const each of cases) {
      try {
        done.set(each, await repeated(each, { flavor, cluster, quick }))
      } catch (error) {
        console.error(`${each.name} ${flavor} failed; the brokers' logs: ${keepLogs(cluster)}`, error)
        failures.push(`${each.name} of ${flavor}: ${error instanceof Error ? error.message : error}`)
      }
    }
  } finally {
    await cluster.stop()
  }
}

async function repeated(each: ClusterCase, side: ClusterSide): Promise<Metrics[]> {
  if (each.isWarmedUp) await each.run({ ...side, quick: false })
  const metrics: Metrics[] = []
  while (metrics.length < each.repetitions) {
    metrics.push(await each.run(side))
    console.log(`${each.name} ${side.flavor} ${JSON.stringify(metrics.at(-1), (_, value) => rounded(value))}`)
  }
  return metrics
}

/** A failure of one of many runs is not easily had again. */
function keepLogs({ brokers }: ClusterUnderTest): string {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-failed-'))
  for (const { id, logFile } of brokers) copyFileSync(logFile, join(folder, `broker-${id}.log`))
  return folder
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
