import type { Timers } from '../runtime/types.ts'
import { IsrMetrics } from './metrics/isr-metrics.ts'
import { PrometheusText } from './metrics/prometheus.ts'
import { type Collector, MetricRegistry } from './metrics/registry.ts'
import { TopicMetrics } from './metrics/topic-metrics.ts'
import { RequestErrors } from './request-errors.ts'
import { RequestMetrics } from './request-metrics.ts'
import { traceJson } from './request-trace.ts'

const SLICE_SAMPLES = 1000

/** What one broker tells of itself. */
export class Telemetry {
  readonly topics: TopicMetrics
  readonly isr: IsrMetrics
  readonly requests: RequestMetrics
  readonly errors: RequestErrors
  readonly #registry: MetricRegistry

  /** `now` is monotonic. */
  constructor(now: () => number) {
    this.#registry = new MetricRegistry(now)
    this.topics = new TopicMetrics(this.#registry)
    this.isr = new IsrMetrics(this.#registry)
    this.errors = new RequestErrors(this.#registry)
    this.requests = new RequestMetrics(this.#registry, now)
  }

  collect(collector: Collector): void {
    this.#registry.collect(collector)
  }

  /** To be called every five seconds. */
  tick(): void {
    this.#registry.tick()
  }

  /** All metrics, for Prometheus; read in slices, between which other work gets its turn. */
  async metricsText(timers: Timers): Promise<string> {
    const text = new PrometheusText()
    let count = 0
    for (const sample of this.#registry.samples()) {
      text.add(sample)
      if (++count % SLICE_SAMPLES === 0) await new Promise<void>((resolve) => timers.endOfTurn(resolve))
    }
    return text.toString()
  }

  /** The newest and the slowest of the traced requests, as JSON. */
  tracesText(): string {
    const { recent, slowest } = this.requests.traces
    return `${JSON.stringify({ recent: recent.map(traceJson), slowest: slowest.map(traceJson) })}\n`
  }
}
