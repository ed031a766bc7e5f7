import { parsePrometheusText, type Sample } from './prometheus-text.ts'
import type { Quantity } from './quantities.ts'

/** What one broker told at one time. */
export interface Reading {
  readonly atMs: number
  /** By the keys of quantities; what the broker did not tell is absent. */
  readonly values: Values
  readonly topics: ReadonlyMap<string, Values>
  /** Bytes of all logs. */
  readonly dataBytes: number
  readonly hasUserPartition: boolean
  readonly partitionEnds: ReadonlyMap<string, number>
  readonly lags: readonly PartitionLag[]
}

export type Values = ReadonlyMap<string, number>

/** Where a group stands in a partition, as its coordinator knows it: the lag, or what is needed to tell it. */
export interface PartitionLag {
  readonly groupId: string
  readonly topic: string
  readonly partition: string
  /** By the metric's name. */
  readonly values: Readonly<Record<string, number>>
}

export function partitionKey(topic: string, partition: string): string {
  return `${topic}\n${partition}`
}

/** Reads a broker's text with a fixed set of quantities. */
export function createReader(quantities: readonly Quantity[]): (text: string, atMs: number) => Reading {
  const byFamily = new Map<string, Quantity[]>()
  // Several metrics are made of the same quantity.
  for (const quantity of new Map(quantities.map((each) => [each.key, each])).values()) {
    for (const family of familiesOf(quantity)) {
      byFamily.set(family, [...(byFamily.get(family) ?? []), quantity])
    }
  }
  const wanted = new Set([...byFamily.keys(), LOG, LAG])
  return (text, atMs) => {
    const draft = new Draft(atMs)
    for (const sample of parsePrometheusText(text, wanted)) {
      for (const quantity of byFamily.get(sample.family) ?? []) draft.add(quantity, sample)
      if (sample.family === LOG) draft.addLog(sample)
      if (sample.family === LAG) draft.addLag(sample)
    }
    return draft.reading()
  }
}

const LOG = 'kafka_log_Log_Value'
const LAG = 'kafka_consumer_group_ConsumerLagMetrics_Value'

function familiesOf({ family, isTotal }: Quantity): string[] {
  return isTotal ? [`${family}_Count`, `${family}_Mean`] : [family]
}

class Draft {
  readonly #atMs: number
  readonly #values = new Map<string, number>()
  readonly #topics = new Map<string, Map<string, number>>()
  /** Count or mean, whichever came first, of the histograms that totals are made of. */
  readonly #halves = new Map<string, number>()
  readonly #ends = new Map<string, number>()
  readonly #lags = new Map<
    string,
    { groupId: string; topic: string; partition: string; values: Record<string, number> }
  >()
  #dataBytes = 0
  #hasUserPartition = false

  constructor(atMs: number) {
    this.#atMs = atMs
  }

  add(quantity: Quantity, { labels, value }: Sample): void {
    const { topic } = labels
    if (!Object.entries(quantity.labels).every(([name, wanted]) => labels[name] === wanted)) return
    const amount = quantity.isTotal ? this.#product(quantity, labels, value) : value
    if (amount === undefined) return
    const values = topic === undefined ? this.#values : this.#ofTopic(topic)
    values.set(quantity.key, (values.get(quantity.key) ?? 0) + amount)
  }

  addLog({ labels, value }: Sample): void {
    const { name, topic = '', partition = '' } = labels
    if (name === 'Size') this.#dataBytes += value
    if (name !== 'LogEndOffset') return
    const key = partitionKey(topic, partition)
    this.#ends.set(key, value)
    if (!topic.startsWith('__')) this.#hasUserPartition = true
  }

  addLag({ labels, value }: Sample): void {
    const { name = '', groupId = '', topic = '', partition } = labels
    if (partition === undefined) return
    const key = `${groupId}\n${partitionKey(topic, partition)}`
    const lag = this.#lags.get(key) ?? { groupId, topic, partition, values: {} }
    lag.values[name] = value
    this.#lags.set(key, lag)
  }

  reading(): Reading {
    return {
      atMs: this.#atMs,
      values: this.#values,
      topics: this.#topics,
      dataBytes: this.#dataBytes,
      hasUserPartition: this.#hasUserPartition,
      partitionEnds: this.#ends,
      lags: [...this.#lags.values()],
    }
  }

  #product({ key }: Quantity, labels: Sample['labels'], value: number): number | undefined {
    const histogram = `${key}\n${JSON.stringify(labels)}`
    const other = this.#halves.get(histogram)
    if (other !== undefined) return other * value
    this.#halves.set(histogram, value)
    return undefined
  }

  #ofTopic(topic: string): Map<string, number> {
    const known = this.#topics.get(topic) ?? new Map<string, number>()
    this.#topics.set(topic, known)
    return known
  }
}
