/**
 * The numbers that are kept of a broker's metrics: each is a sum of samples. What is sent as a metric is computed from
 * them (see msk/sources.ts); they are few, so that thousands of brokers can be remembered from one minute to the next.
 */
export interface Quantity {
  readonly key: string
  /** Of the Prometheus text. For a `total` the family without its attribute. */
  readonly family: string
  readonly labels: Readonly<Record<string, string>>
  /** Of a histogram the sum of all its values: count times mean. */
  readonly isTotal: boolean
}

export function quantity(family: string, labels: Readonly<Record<string, string>> = {}): Quantity {
  return { key: keyOf(family, labels), family, labels, isTotal: false }
}

export function total(family: string, labels: Readonly<Record<string, string>>): Quantity {
  return { key: `total of ${keyOf(family, labels)}`, family, labels, isTotal: true }
}

/** The spelling of Prometheus, which says where the number comes from. */
function keyOf(family: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? family : `${family}{${pairs.join(',')}}`
}
