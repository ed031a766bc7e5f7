/** Runs cases on clusters of their own, first all of Freshet, then all of Apache Kafka: neither disturbs the other. */
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClusterUnderTest, type Flavor, startCluster } from '../../conformance/cluster-under-test.ts'
import type { Metrics } from '../broker/case.ts'
import type { Measured } from '../report.ts'
import { type ClusterCase, replicated } from './cluster-case.ts'

export async function measureOnClusters(
  cases: readonly ClusterCase[],
  flavors: readonly Flavor[],
  quick: boolean,
): Promise<Measured[]> {
  const runs = new Map<Flavor, ReadonlyMap<ClusterCase, Metrics[]>>()
  for (const flavor of flavors) {
    const done = new Map<ClusterCase, Metrics[]>()
    for (const brokers of [3, 1] as const) {
      await measureSome(
        cases.filter((each) => each.brokers === brokers),
        { flavor, brokers, quick },
        done,
      )
    }
    runs.set(flavor, done)
  }
  return cases.map((each) => ({
    title: each.title,
    goals: each.goals,
    freshet: runs.get('freshet')?.get(each) ?? [],
    apache: runs.get('apache')?.get(each) ?? [],
  }))
}

async function measureSome(
  cases: readonly ClusterCase[],
  { flavor, brokers, quick }: { flavor: Flavor; brokers: 1 | 3; quick: boolean },
  done: Map<ClusterCase, Metrics[]>,
): Promise<void> {
  if (cases.length === 0) return
  const cluster = await startCluster({ brokers, properties: brokers === 3 ? replicated : {} }, flavor)
  try {
    for (const each of cases) {
      const metrics: Metrics[] = []
      for (let repetition = 0; repetition < each.repetitions; repetition++) {
        metrics.push(await each.run({ flavor, cluster, quick }))
        console.log(`${each.name} ${flavor} ${JSON.stringify(metrics.at(-1), (_, value) => rounded(value))}`)
      }
      done.set(each, metrics)
    }
  } catch (error) {
    console.error(`The brokers' logs: ${keepLogs(cluster)}`)
    throw error
  } finally {
    await cluster.stop()
  }
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
