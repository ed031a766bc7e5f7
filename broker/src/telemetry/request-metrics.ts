/**
 * Requests as Kafka's `kafka.network:type=RequestMetrics` tells of them. Every request is counted; how long its stages
 * took is measured for the first ones of each API and then for one in `SAMPLE_EVERY`.
 */
import type { Histogram } from './metrics/histogram.ts'
import type { Meter } from './metrics/meter.ts'
import type { MetricRegistry } from './metrics/registry.ts'
import { RequestTrace, type Stage, TraceLog, type TraceSubject } from './request-trace.ts'

const SAMPLE_EVERY = 16
const ALWAYS_FIRST = 256

/** Kafka's names for our stages. */
const TIMES: Readonly<Record<string, readonly Stage[]>> = {
  RequestQueueTimeMs: ['queue'],
  LocalTimeMs: ['parse', 'handle', 'validate', 'append'],
  RemoteTimeMs: ['wait'],
  ResponseQueueTimeMs: ['respond'],
  ResponseSendTimeMs: ['send'],
}

const DOMAIN = 'kafka.network'
const TYPE = 'RequestMetrics'

interface ApiMetrics {
  started: number
  readonly count: Meter
  readonly sizeBytes: Histogram
  readonly totalMs: Histogram
  readonly throttleMs: Histogram
  readonly times: readonly (readonly [Histogram, readonly Stage[]])[]
}

export class RequestMetrics {
  readonly traces = new TraceLog()
  readonly #registry: MetricRegistry
  readonly #now: () => number
  readonly #apis = new Map<string, ApiMetrics>()

  constructor(registry: MetricRegistry, now: () => number) {
    this.#registry = registry
    this.#now = now
  }

  /** Whether the next request of this API is one of the sample. */
  isSampled(request: string): boolean {
    const metrics = this.#of(request)
    metrics.started++
    return metrics.started <= ALWAYS_FIRST || metrics.started % SAMPLE_EVERY === 0
  }

  trace(subject: TraceSubject, arrivedMs: number): RequestTrace {
    const trace = new RequestTrace(subject, arrivedMs, this.#now)
    trace.mark('queue')
    return trace
  }

  /** A request has its answer. Only throttled ones are measured by that: most clients never are. */
  served(request: string, throttleMs: number): void {
    const metrics = this.#of(request)
    metrics.count.mark(1)
    if (throttleMs > 0) metrics.throttleMs.record(throttleMs)
  }

  /** `request` may say more than the API's name, such as FetchConsumer. */
  finish(request: string, trace: RequestTrace): void {
    const { sizeBytes, totalMs, times } = this.#of(request)
    sizeBytes.record(trace.subject.sizeBytes)
    totalMs.record(trace.totalMs)
    for (const [histogram, stages] of times) {
      let sumMs = 0
      for (const stage of stages) sumMs += trace.stagesMs[stage] ?? 0
      histogram.record(sumMs)
    }
    this.traces.add(trace)
  }

  #of(request: string): ApiMetrics {
    let metrics = this.#apis.get(request)
    if (metrics === undefined) {
      metrics = this.#create(request)
      this.#apis.set(request, metrics)
    }
    return metrics
  }

  #create(request: string): ApiMetrics {
    const histogram = (name: string) => this.#registry.histogram(DOMAIN, TYPE, { name, request })
    return {
      started: 0,
      count: this.#registry.meter(DOMAIN, TYPE, { name: 'RequestsPerSec', request }),
      sizeBytes: histogram('RequestBytes'),
      totalMs: histogram('TotalTimeMs'),
      throttleMs: histogram('ThrottleTimeMs'),
      times: Object.entries(TIMES).map(([name, stages]) => [histogram(name), stages] as const),
    }
  }
}
