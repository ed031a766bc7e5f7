/** What is measured on one running broker: each case makes its own topic, loads, and says what the broker spent. */

import { mustRun } from '../support/programs.ts'
import type { Address } from '../support/raw-client.ts'
import { awaitTopic, RawClient } from '../support/raw-client.ts'
import { sleep } from '../support/wait.ts'
import { cpuSecondsOf, machineCpuSeconds, residentMegabytesOf } from './process-usage.ts'
import {
  fetchLoad,
  type LoadResult,
  pacedProduceLoad,
  produceLoad,
  type Route,
  type Span,
} from './raw-load.ts'

export interface Target {
  readonly address: Address
  /** The broker's process, or processes. */
  readonly pids: readonly number[]
}

/** Absolute numbers of one run; the report makes ratios of them. */
export type Metrics = Readonly<Record<string, number>>

export interface Case {
  readonly name: string
  readonly title: string
  /** The metrics that are results; the others are context. */
  readonly results: readonly string[]
  run(target: Target, quick: boolean): Promise<Metrics>
}

export const partitions = 12
export const throughput: readonly string[] = ['megabytesPerSecond', 'cpuSecondsPerGigabyte']

export const rawCases: readonly Case[] = [
  produceCase('produce-256k', '1 KB records in 256 KB batches, acks=1', 1000, 250),
  produceCase('produce-16k', '1 KB records in 16 KB batches, acks=1', 1000, 16),
  produceCase('produce-100b', '100 B records in 256 KB batches, acks=1', 100, 2400),
  produceCase('produce-10k', '10 KB records in 256 KB batches, acks=1', 10_000, 25),
  {
    name: 'consume-1k',
    title: 'consume 1 KB records, 1 MiB fetches',
    results: throughput,
    run: (target, quick) =>
      withTopic(target, async (topic) => {
        await produceLoad(
          routesTo(target.address, 12),
          { topic, depth: 4, recordBytes: 1000, recordsPerBatch: 250, acks: 1 },
          spanOf(quick ? 1000 : 3000, 0, () => {}),
        )
        return measured(target, quick, (span) =>
          fetchLoad(target.address, { topic, partitions, maxBytes: 1 << 20 }, span),
        )
      }),
  },
  latencyCase(1000),
  latencyCase(5000),
]

function produceCase(name: string, title: string, recordBytes: number, recordsPerBatch: number): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, (topic) =>
      measured(target, quick, (span) =>
        produceLoad(
          routesTo(target.address, 12),
          { topic, depth: 4, recordBytes, recordsPerBatch, acks: 1 },
          span,
        ),
      ),
    )
  // Small batches are about requests, not about bytes.
  const results =
    recordsPerBatch < 100 && recordBytes < 10_000 ? [...throughput, 'cpuMicrosPerRequest'] : throughput
  return { name, title, results, run }
}

function latencyCase(requestsPerSecond: number): Case {
  const run = (target: Target, quick: boolean) =>
    withTopic(target, async (topic) => {
      const load = { topic, recordBytes: 1000, recordsPerBatch: 1, acks: 1 }
      const result = await measured(target, quick, (span) =>
        pacedProduceLoad(routesTo(target.address, 1), { ...load, requestsPerSecond }, span),
      )
      return pick(result, ['p50Ms', 'p99Ms', 'requestsPerSecond', 'noise'])
    })
  return {
    name: `latency-${requestsPerSecond}`,
    title: `${requestsPerSecond} records/s of 1 KB, unbatched, acks=1`,
    results: ['p50Ms', 'p99Ms'],
    run,
  }
}

/** Connections to a broker that leads all partitions. */
function routesTo(address: Address, connections: number): Route[] {
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  return Array.from({ length: connections }, () => ({ address, partitions: all }))
}

/** Runs `use` with a fresh topic, which is deleted afterwards. */
export async function withTopic<T>(target: Target, use: (topic: string) => Promise<T>): Promise<T> {
  const topic = `bench-${Date.now().toString(36)}`
  const client = await RawClient.connect(target.address)
  try {
    const errorCode = await client.createTopic({ topic, partitions })
    if (errorCode !== 0) throw new Error(`cannot create the topic ${topic}: error ${errorCode}`)
    await awaitTopic(target.address, topic)
    // A partition is announced before its leader has opened it; and what earlier runs left in the page cache is
    // written back first, or this run would pay for it.
    await mustRun('sync', [])
    await sleep(500)
    return await use(topic)
  } finally {
    await client.deleteTopic(topic)
    client.close()
  }
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
  const result = await load(spanOf(quick ? 2000 : 5000, quick ? 1000 : 3000, begin))
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

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function spanOf(measureMs: number, warmUpMs: number, onMeasure: () => void): Span {
  return { measureMs, warmUpMs, onMeasure }
}

function quantile(ascending: Float64Array, q: number): number {
  const value = ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))]
  if (value === undefined) throw new Error('nothing was answered within the measured time')
  return value
}

function pick(metrics: Metrics, names: readonly string[]): Metrics {
  return Object.fromEntries(names.map((name) => [name, metrics[name] ?? Number.NaN]))
}
