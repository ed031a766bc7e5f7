/** All metrics of a broker, named as the MBeans of Kafka's JMX: domain, type, and further keys. */
import { Histogram } from './histogram.ts'
import { Meter } from './meter.ts'

export interface MetricName {
  /** `kafka.server` */
  readonly domain: string
  /** `BrokerTopicMetrics` */
  readonly type: string
  /** In the order of the MBean's keys, such as `name`, `request`, `topic`. */
  readonly keys: Readonly<Record<string, string>>
}

export interface Sample extends MetricName {
  /** `Value`, `Count`, `99thPercentile` and so on. */
  readonly attribute: string
  readonly value: number
}

/** Asked at each reading. */
export type Collector = () => Iterable<Sample>

interface Timed {
  tick(nowMs: number): void
  attributes(nowMs: number): [string, number][]
}

export class MetricRegistry {
  readonly #now: () => number
  readonly #metrics = new Map<Timed, MetricName>()
  readonly #collectors: Collector[] = []

  /** `now` is monotonic. */
  constructor(now: () => number) {
    this.#now = now
  }

  meter(domain: string, type: string, keys: Readonly<Record<string, string>>): Meter {
    return this.#add(new Meter(this.#now()), { domain, type, keys })
  }

  histogram(domain: string, type: string, keys: Readonly<Record<string, string>>): Histogram {
    return this.#add(new Histogram(), { domain, type, keys })
  }

  collect(collector: Collector): void {
    this.#collectors.push(collector)
  }

  remove(metric: Meter | Histogram): void {
    this.#metrics.delete(metric)
  }

  /** Keeps the rates; to be called every five seconds. */
  tick(): void {
    const nowMs = this.#now()
    for (const metric of this.#metrics.keys()) metric.tick(nowMs)
  }

  *samples(): Generator<Sample> {
    const nowMs = this.#now()
    for (const [metric, name] of this.#metrics) {
      for (const [attribute, value] of metric.attributes(nowMs)) yield { ...name, attribute, value }
    }
    for (const collector of this.#collectors) yield* collector()
  }

  #add<Metric extends Timed>(metric: Metric, name: MetricName): Metric {
    this.#metrics.set(metric, name)
    return metric
  }
}

/** A gauge's sample. */
export function gauge(
  domain: string,
  type: string,
  keys: Readonly<Record<string, string>>,
  value: number,
): Sample {
  return { domain, type, keys, attribute: 'Value', value }
}
