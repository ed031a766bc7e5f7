/** What is measured on one running broker: each case makes its own topics, loads, and says what the broker spent. */

import { mustRun } from '../../support/programs.ts'
import type { Address } from '../../support/raw-client.ts'
import { awaitTopic, RawClient } from '../../support/raw-client.ts'
import { sleep } from '../../support/wait.ts'
import type { Goals } from '../goals.ts'
import type { LoadResult, Route, Span } from '../load/raw-load.ts'
import { bytesBeforeWriteBack } from '../memory.ts'
import { cpuSecondsOf, machineCpuSeconds, residentMegabytesOf } from '../process-usage.ts'

export interface Target {
  readonly address: Address
  /** The broker's process, or processes. */
  readonly pids: readonly number[]
  /** Where a Freshet broker serves its metrics. */
  readonly metrics?: Address | undefined
  /** Unknown for a broker that ran already. */
  readonly dataFolder?: string
}

/** Absolute numbers of one run; the report makes ratios of them. */
export type Metrics = Readonly<Record<string, number>>

export interface Case {
  readonly name: string
  readonly title: string
  readonly goals: Goals
  /** Runs on a broker of its own that has done nothing else, with these properties; otherwise all cases share one. */
  readonly ownBroker?: Readonly<Record<string, string>>
  /** Not for a broker that ran already: nobody says where it keeps its data. */
  readonly needsDataFolder?: boolean
  /** The figure comes from the broker's own metrics, which Kafka has not. */
  readonly freshetOnly?: boolean
  run(target: Target, quick: boolean): Promise<Metrics>
}

export const partitions = 12

/** Connections to a broker that leads all partitions. */
export function routesTo(address: Address, connections: number): Route[] {
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  return Array.from({ length: connections }, () => ({ address, partitions: all }))
}

/** Runs `use` with a fresh topic, which is deleted afterwards. */
export function withTopic<T>(target: Target, use: (topic: string) => Promise<T>): Promise<T> {
  return withTopics(target, [{}], ([topic]) => use(topic!))
}

/** One topic for each of the given configurations. */
export async function withTopics<T>(
  target: Target,
  configurations: readonly Readonly<Record<string, string>>[],
  use: (topics: readonly string[]) => Promise<T>,
): Promise<T> {
  const topics: string[] = []
  const client = await RawClient.connect(target.address)
  try {
    for (const configs of configurations) {
      const topic = `bench-${Date.now().toString(36)}-${topics.length}`
      const errorCode = await client.createTopic({ topic, partitions, configs })
      if (errorCode !== 0) throw new Error(`cannot create the topic ${topic}: error ${errorCode}`)
      topics.push(topic)
      await awaitTopic(target.address, topic)
    }
    // A partition is announced before its leader has opened it, too: that takes less time than this.
    await settleDisk()
    return await use(topics)
  } finally {
    for (const topic of topics) await client.deleteTopic(topic)
    client.close()
  }
}

/** What was written before is written back first, or the next load would pay for it. */
export async function settleDisk(): Promise<void> {
  await mustRun('sync', [])
  await sleep(500)
}

export async function measured(
  target: { readonly pids: readonly number[] },
  quick: boolean,
  load: (span: Span) => Promise<LoadResult>,
): Promise<Metrics> {
  let cpuBefore = 0
  let machineBefore = 0
  let own = process.cpuUsage()
  const begin = () => {
    cpuBefore = sum(target.pids.map(cpuSecondsOf))
    machineBefore = machineCpuSeconds()
    own = process.cpuUsage()
  }
  const result = await load({ ...spanOf(quick), onMeasure: begin })
  const brokerSeconds = sum(target.pids.map(cpuSecondsOf)) - cpuBefore
  const { user, system } = process.cpuUsage(own)
  const others = machineCpuSeconds() - machineBefore - brokerSeconds - (user + system) / 1e6
  const gigabytes = result.recordBytes / 1e9
  return {
    megabytesPerSecond: (gigabytes * 1000) / result.seconds,
    cpuSecondsPerGigabyte: brokerSeconds / gigabytes,
    cpuMicrosPerRequest: (brokerSeconds * 1e6) / result.requests,
    requestsPerSecond: result.requests / result.seconds,
    p50Ms: quantile(result.latenciesMs, 0.5),
    p99Ms: quantile(result.latenciesMs, 0.99),
    residentMegabytes: sum(target.pids.map(residentMegabytesOf)),
    noise: Math.max(0, others / result.seconds),
  }
}

/** Of what may be written before Linux begins to write back: what is measured is the broker, not the disk. */
const MEASURED_SHARE = 0.65

export function spanOf(quick: boolean): Span {
  return {
    warmUpMs: quick ? 1000 : 3000,
    measureMs: quick ? 2000 : 5000,
    bytesMax: MEASURED_SHARE * bytesBeforeWriteBack(),
    onMeasure: () => {},
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export function quantile(ascending: Float64Array, q: number): number {
  const value = ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))]
  if (value === undefined) throw new Error('nothing was answered within the measured time')
  return value
}
