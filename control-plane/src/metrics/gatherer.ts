import type { Logger } from '../log.ts'
import type { Cluster } from '../model/cluster.ts'
import type { ClusterStore } from '../model/cluster-store.ts'
import type { LeaderTask } from '../reconcile/leader-tasks.ts'
import type { BrokerPeriod } from './msk/period.ts'
import { type MetricEndpoint, metricEndpoints, readBroker } from './read-broker.ts'
import type { Reading } from './reading.ts'
import type { Scrape } from './scrape.ts'

export interface GathererOptions {
  readonly clusters: Pick<ClusterStore, 'snapshot'>
  readonly scrape: Scrape
  readonly now: () => number
  readonly periodMs: number
  /** Called once per period. Whatever fails there is logged, and the next period comes. */
  readonly onPeriod: (period: Period) => Promise<void>
  readonly log: Logger
}

export interface Period {
  readonly atMs: number
  readonly clusters: readonly ClusterPeriod[]
  /** Brokers that should have told, and did not. */
  readonly notMeasured: number
}

export interface ClusterPeriod {
  readonly cluster: Cluster
  readonly brokers: readonly BrokerPeriod[]
}

/** Asks all brokers of all clusters for their metrics, once per period. */
export class Gatherer implements LeaderTask {
  readonly name = 'metrics'
  readonly everyMs: number
  readonly #options: GathererOptions
  /** By unit. */
  #readings = new Map<string, Reading>()
  readonly #silent = new Set<string>()
  #lastPeriod: number | undefined

  constructor(options: GathererOptions) {
    this.#options = options
    this.everyMs = Math.min(LOOK_MS, options.periodMs)
  }

  /** Periods begin at whole multiples of their length, as CloudWatch has it. */
  async run(signal: AbortSignal): Promise<void> {
    const { now, periodMs } = this.#options
    const period = Math.floor(now() / periodMs)
    if (period === this.#lastPeriod) return
    // Whoever leads again after others did begins anew: a rate over a long gap says nothing of a minute.
    if (this.#lastPeriod !== undefined && period > this.#lastPeriod + GAP_PERIODS_MAX) this.#readings.clear()
    this.#lastPeriod = period
    await this.gather(signal)
  }

  async gather(signal: AbortSignal): Promise<void> {
    const { clusters, now, onPeriod } = this.#options
    const before = this.#readings
    const atMs = now()
    const measured = (await clusters.snapshot()).map((cluster) => ({
      cluster,
      endpoints: metricEndpoints(cluster),
    }))
    const asked = measured.flatMap(({ endpoints }) => endpoints)
    const readings = await this.#readAll(asked, signal)
    this.#readings = readings
    const periods = measured.flatMap(({ cluster, endpoints }): ClusterPeriod[] => {
      const brokers = endpoints.flatMap(({ unitId, brokerId, volumeSizeBytes }): BrokerPeriod[] => {
        const after = readings.get(unitId)
        return after ? [{ brokerId, before: before.get(unitId), after, volumeSizeBytes }] : []
      })
      return brokers.length === 0 ? [] : [{ cluster, brokers }]
    })
    await onPeriod({ atMs, clusters: periods, notMeasured: asked.length - readings.size })
    for (const [unitId, reading] of readings) readings.set(unitId, withoutLogs(reading))
  }

  async #readAll(endpoints: readonly MetricEndpoint[], signal: AbortSignal): Promise<Map<string, Reading>> {
    const { scrape, now } = this.#options
    const readings = new Map<string, Reading>()
    const queue = endpoints.values()
    const work = async () => {
      for (const { unitId, url } of queue) {
        try {
          readings.set(unitId, readBroker(await scrape(url, signal), now()))
          this.#silent.delete(unitId)
        } catch (error) {
          if (!signal.aborted) this.#noteSilence(unitId, error)
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_READS }, work))
    const known = new Set(endpoints.map(({ unitId }) => unitId))
    for (const unitId of this.#silent) if (!known.has(unitId)) this.#silent.delete(unitId)
    return readings
  }

  /** Said once until it speaks again. */
  #noteSilence(unitId: string, error: unknown): void {
    if (this.#silent.has(unitId)) return
    this.#silent.add(unitId)
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.log.info('a broker does not tell its metrics', { unit: unitId, reason })
  }
}

/** What only matters in the period in which it was read. */
function withoutLogs(reading: Reading): Reading {
  return { ...reading, partitionEnds: new Map(), lags: [] }
}

const CONCURRENT_READS = 32
const LOOK_MS = 1_000
const GAP_PERIODS_MAX = 5
